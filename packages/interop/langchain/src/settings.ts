import { ArgumentError, type RunnableSettings, sharedRateLimiter } from "@batchwise/core";

/** Calls in flight at once: their objects tell nothing of the limits behind them. */
const CONCURRENCY = 5;
/** Calls for one input, the first included. */
const ATTEMPTS = 6;

/** What holds where the caller says nothing else. */
export function withDefaults<Input, Output>(
  theirs: object,
  settings: RunnableSettings<Input, Output>,
): RunnableSettings<Input, Output> {
  return {
    maxConcurrency: CONCURRENCY,
    retry: { attempts: ATTEMPTS },
    // One object of theirs has one key, whoever calls it.
    limiter: sharedRateLimiter(theirs, "calls"),
    ...Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)),
  };
}

/** @throws ArgumentError where `value` has none of the methods */
export function requireMethods(value: unknown, methods: readonly string[], expected: string): asserts value is object {
  const isThere = (name: string): boolean => typeof (value as Record<string, unknown>)[name] === "function";
  if (typeof value === "object" && value !== null && methods.every(isThere)) return;
  throw new ArgumentError(`Expected ${expected}, came ${value === null ? "null" : `a value of type ${typeof value}`}.`);
}
