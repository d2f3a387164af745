import { defined, kindOf, RETRY } from "@batchwise/adapter-kit";
import { ArgumentError, type RunnableSettings, sharedRateLimiter } from "@batchwise/core";

/** Calls in flight at once: their objects say nothing of the limits behind them. */
const CONCURRENCY = 5;

/** What holds where the caller says nothing else. */
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

/** @throws ArgumentError where `value` has none of the methods */
export function requireMethods(value: unknown, methods: readonly string[], expected: string): asserts value is object {
  const isThere = (name: string): boolean => typeof (value as Record<string, unknown>)[name] === "function";
  if (typeof value === "object" && value !== null && methods.every(isThere)) return;
  throw new ArgumentError(`Expected ${expected}, got ${kindOf(value)}. Pass one.`);
}
