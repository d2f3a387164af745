import { withoutCost, type Route } from "../server/route.ts";
import { describeBatch, findBatch } from "./batch-object.ts";
import { cohere } from "./dialect.ts";
import { invalid } from "./errors.ts";

/** Batches in a page: by default, and at most. */
const DEFAULT_PAGE = 50;
const MAX_PAGE = 1000;

/** `GET /v2/batches` */
export const listCohereBatches: Route = {
  dialect: cohere,
  method: "GET",
  path: "/v2/batches",
  plan(call) {
    const size = Number(call.query.get("page_size") ?? DEFAULT_PAGE);
    const start = Number(call.query.get("page_token") ?? 0);
    if (!Number.isInteger(size) || size < 1) throw invalid("page_size must be a whole number above 0", call.id);
    if (!Number.isInteger(start) || start < 0) throw invalid("page_token is invalid", call.id);
    const jobs = [...call.store.jobs.values()].filter((job) => job.plan.provider === "cohere").toReversed();
    const end = start + Math.min(size, MAX_PAGE);
    return withoutCost(() => ({
      body: JSON.stringify({
        batches: jobs.slice(start, end).map((job) => describeBatch(call, job)),
        ...(end < jobs.length ? { next_page_token: String(end) } : {}),
      }),
    }));
  },
};

/** `GET /v2/batches/:id` */
export const retrieveCohereBatch: Route = {
  dialect: cohere,
  method: "GET",
  path: "/v2/batches/:id",
  plan(call) {
    const job = findBatch(call);
    return withoutCost(() => ({ body: JSON.stringify({ batch: describeBatch(call, job) }) }));
  },
};
