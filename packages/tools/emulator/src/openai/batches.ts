import { withoutCost, type Route } from "../server/route.ts";
import { describeBatch, findBatch } from "./batch-object.ts";
import { openai } from "./dialect.ts";
import { page } from "./page.ts";

/** `GET /v1/batches` */
export const listBatches: Route = {
  dialect: openai,
  method: "GET",
  path: "/v1/batches",
  plan(call) {
    const jobs = [...call.store.jobs.values()].filter((job) => job.plan.provider === "openai");
    const ids = jobs.toReversed().map(({ plan }) => ({ id: plan.id }));
    const { shown, hasMore } = page(call, ids);
    return withoutCost(() => ({
      body: JSON.stringify({
        object: "list",
        data: shown.map(({ id }) => describeBatch(call, findBatch({ ...call, parameters: { id } }))),
        first_id: shown.at(0)?.id ?? null,
        last_id: shown.at(-1)?.id ?? null,
        has_more: hasMore,
      }),
    }));
  },
};

/** `GET /v1/batches/:id` */
export const retrieveBatch: Route = {
  dialect: openai,
  method: "GET",
  path: "/v1/batches/:id",
  plan(call) {
    const job = findBatch(call);
    return withoutCost(() => ({ body: JSON.stringify(describeBatch(call, job)) }));
  },
};
