import { defined, kindOf, RETRY } from "@batchwise/adapter-kit";
import { ArgumentError, type RunnableSettings, sharedRateLimiter } from "@batchwise/core";

/** Calls in flight where no response reports a limit. */
const UNTOLD_CONCURRENCY = 5;
/** The most calls in flight, however much the reported limits allow. */
export const CEILING = 64;

/** Settings, with those that hold where the caller says nothing else. */
export function withDefaults<Input, Output>(
  model: object,
  settings: RunnableSettings<Input, Output>,
): RunnableSettings<Input, Output> {
  return {
    maxConcurrency: CEILING,
    retry: RETRY,
    limiter: sharedRateLimiter(model, "calls", { concurrency: UNTOLD_CONCURRENCY }),
    ...defined(settings),
  };
}

/** @throws ArgumentError where `model` is not of version 4, or has no such method */
export function requireModel(model: unknown, method: string): asserts model is object {
  const { specificationVersion, [method]: call } = (model ?? {}) as Record<string, unknown>;
  if (specificationVersion === "v4" && typeof call === "function") return;
  const got = typeof specificationVersion === "string" ? "one of another version or kind" : kindOf(model);
  throw new ArgumentError(
    `Expected a model of the AI SDK with ${method}, of specification version v4 (AI SDK 7), got ${got}. ` +
      `A model's name alone is not enough: pass what a provider makes of it, such as openai.embedding("text-embedding-3-small").`,
  );
}
