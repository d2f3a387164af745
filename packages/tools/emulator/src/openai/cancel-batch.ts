import { withoutCost, type Route } from "../server/route.ts";
import { describeBatch, findBatch } from "./batch-object.ts";
import { openai } from "./dialect.ts";
import { refuse } from "./errors.ts";

/** `POST /v1/batches/:id/cancel` */
export const cancelBatch: Route = {
  dialect: openai,
  method: "POST",
  path: "/v1/batches/:id/cancel",
  body: "nothing",
  plan(call) {
    const job = findBatch(call);
    const phase = job.phase(call.now());
    if (job.hasEnded(call.now())) {
      throw refuse(409, { message: `Cannot cancel a batch with status '${phase}'.` });
    }
    return withoutCost(() => {
      job.cancel(call.now());
      return { body: JSON.stringify(describeBatch(call, job)) };
    });
  },
};
