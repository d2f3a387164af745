import { kindOf, word } from "@batchwise/adapter-kit";
import { ArgumentError, type RateLimiterOptions, type RunnableSettings } from "@batchwise/core";

/** Settings of a Runnable around a model. */
export interface ModelSettings<Input, Output> extends RunnableSettings<Input, Output> {
  /**
   * The most calls in flight at once. Until a response reports the limits there are 5, the first one alone.
   * @default 64; 1 for an embedding model that does not say that it takes calls in parallel
   */
  readonly maxConcurrency?: number;
  /** Tries of failed calls. The model itself never does. @default { attempts: 6 } */
  readonly retry?: Exclude<RunnableSettings["retry"], undefined>;
}

/** The most calls in flight, however much the reported limits allow, and those where no response reports a limit. */
export const PACE: { readonly maxConcurrency: number; readonly limits: RateLimiterOptions } = {
  maxConcurrency: 64,
  limits: { concurrency: 5 },
};
/** Specification versions of models: those of AI SDK 5, 6 and 7. */
const VERSIONS: ReadonlySet<unknown> = new Set(["v2", "v3", "v4"]);

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
