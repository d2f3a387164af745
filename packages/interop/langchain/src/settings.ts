import { defined, RETRY } from "@batchwise/adapter-kit";
import { type RunnableSettings, sharedRateLimiter } from "@batchwise/core";

/** Calls in flight at once: their objects say nothing of the limits behind them. */
const CONCURRENCY = 5;

/** Settings, with those that hold where the caller says nothing else. */
export function withDefaults<Input, Output>(
  theirs: object,
  settings: RunnableSettings<Input, Output>,
): RunnableSettings<Input, Output> {
  return {
    maxConcurrency: CONCURRENCY,
    retry: RETRY,
    // One object of theirs has one key, wherever it is called.
    limiter: sharedRateLimiter(theirs, "calls"),
    ...defined(settings),
  };
}
