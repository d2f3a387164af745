import type { Middleware, Runnable } from "@batchwise/core";
import { outcomesOf, resultOf } from "./single-flight.ts";
import type { Coordinator } from "./coordinator.ts";

/** Middleware that sends of a call's inputs only those that the coordinator has no answer for, and saves what comes back. */
export function saving<Input, Output>(
  coordinator: Coordinator<Input, Output>,
  inner: Runnable<Input, Output>,
): Middleware<Input, Output> {
  return {
    async call(call, next) {
      const { inputs, options, schema } = call;
      let isSent = false;
      const { outcomes, thrown } = await coordinator.answer({ inputs, options, schema }, async (missing) => {
        // Sent on behalf of another call, which failed: by then this one has been made.
        if (isSent) return outcomesOf(await inner.batch(missing, { ...options, retry: false, returnExceptions: true }));
        isSent = true;
        return outcomesOf((await next({ ...call, inputs: missing })).results);
      });
      if (thrown !== undefined) throw thrown.error;
      return { results: outcomes.map((outcome) => resultOf(outcome)) };
    },
  };
}
