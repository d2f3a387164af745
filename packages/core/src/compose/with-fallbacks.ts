import { Chained, type Runnable, type RunnableLike, toRunnable } from "../runnable.ts";

/**
 * Tries `fallbacks`, one after another, for the inputs that failed before, and for these alone. A fallback starts on
 * what has failed while the rest is still under way. An input fails with the last one's error.
 *
 * @example
 * const steady = withFallbacks(large, [small]);
 */
export function withFallbacks<Input, Output>(
  primary: Runnable<Input, Output>,
  fallbacks: readonly RunnableLike<Input, Output>[],
): Runnable<Input, Output> {
  return new Chained([primary, ...fallbacks.map((fallback) => toRunnable(fallback))], "rejected");
}
