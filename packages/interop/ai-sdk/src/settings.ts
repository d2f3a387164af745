import { defined, kindOf, RETRY, word } from "@batchwise/adapter-kit";
import { ArgumentError, type RunnableSettings, sharedRateLimiter } from "@batchwise/core";

/** Calls in flight where no response reports a limit. */
const UNTOLD_CONCURRENCY = 5;
/** The most calls in flight, however much the reported limits allow. */
export const CEILING = 64;
/** Specification versions of models: those of AI SDK 5, 6 and 7. */
const VERSIONS: ReadonlySet<unknown> = new Set(["v2", "v3", "v4"]);

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

/** @throws ArgumentError where `model` is of no known version, or has no such method */
export function requireModel(model: unknown, method: string): asserts model is object {
  const { specificationVersion, [method]: call } = (model ?? {}) as Record<string, unknown>;
  const isKnown = VERSIONS.has(specificationVersion);
  if (isKnown && typeof call === "function") return;
  const version = word(specificationVersion);
  const other = isKnown ? "one of another kind" : version && `one of version ${version}`;
  throw new ArgumentError(
    `Expected a model of the AI SDK with ${method}, of specification version v2, v3 or v4 (AI SDK 5 to 7), ` +
      `got ${other ?? kindOf(model)}. ` +
      `A model's name alone is not enough: pass what a provider makes of it, such as openai.embedding("text-embedding-3-small").`,
  );
}
