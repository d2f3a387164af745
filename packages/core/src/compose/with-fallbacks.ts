import { ArgumentError } from "../contract/errors.ts";
import { kindOf } from "../contract/kind-of.ts";
import type { RunnableLike } from "../contract/runnable.ts";
import { type Runnable, RunnableChain, toRunnable } from "../runnable.ts";

/**
 * Tries `fallbacks`, one after another, for the inputs that failed before, and for these alone. A fallback starts on
 * failed inputs while the rest is still under way. An input fails with the last one's error.
 *
 * @example
 * const steady = withFallbacks(large, [small]);
 */
export function withFallbacks<Input, Output>(
  primary: Runnable<Input, Output>,
  fallbacks: readonly RunnableLike<Input, Output>[],
): Runnable<Input, Output> {
  if (!Array.isArray(fallbacks)) {
    throw new ArgumentError(
      `Expected \`fallbacks\` to be an array, got ${kindOf(fallbacks)}. Write withFallbacks(runnable, [other]).`,
    );
  }
  return new RunnableChain(
    [primary, ...fallbacks].map((each) => toRunnable(each)).map((runnable) => ({ runnable, middleware: [] })),
    "rejected",
  );
}
