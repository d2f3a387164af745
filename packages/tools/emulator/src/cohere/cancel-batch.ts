import { withoutCost, type Route } from "../server/route.ts";
import { findBatch } from "./batch-object.ts";
import { cohere } from "./dialect.ts";
import { invalid } from "./errors.ts";

/** `POST /v2/batches/:id:cancel` */
export const cancelCohereBatch: Route = {
  dialect: cohere,
  method: "POST",
  path: "/v2/batches/:id:cancel",
  body: "nothing",
  plan(call) {
    const job = findBatch(call);
    if (job.hasEnded(call.now())) throw invalid("only a batch that is queued or in progress can be canceled", call.id);
    return withoutCost(() => {
      job.cancel(call.now());
      return { body: "{}" };
    });
  },
};
