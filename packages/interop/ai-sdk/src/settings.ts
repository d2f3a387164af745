import { ArgumentError, type RunnableSettings, sharedRateLimiter } from "@batchwise/core";

/** Calls in flight where no response tells a limit. */
const UNTOLD_CONCURRENCY = 5;
/** The most calls in flight, however much the told limits allow. */
export const CEILING = 64;
/** Calls for one input, the first included. */
const ATTEMPTS = 6;

/** What holds where the caller says nothing else. */
export function withDefaults<Input, Output>(
  model: object,
  settings: RunnableSettings<Input, Output>,
): RunnableSettings<Input, Output> {
  return {
    maxConcurrency: CEILING,
    retry: { attempts: ATTEMPTS },
    limiter: sharedRateLimiter(model, "calls", { concurrency: UNTOLD_CONCURRENCY }),
    ...defined(settings),
  };
}

/** @throws ArgumentError where `model` is none of version 4 that has this method */
export function requireModel(model: unknown, method: string): asserts model is object {
  const { specificationVersion, [method]: call } = (model ?? {}) as Record<string, unknown>;
  if (specificationVersion === "v4" && typeof call === "function") return;
  const came = typeof specificationVersion === "string" ? "one of another version or kind" : typeof model;
  throw new ArgumentError(
    `Expected a model of the AI SDK with ${method}, of specification version v4 (AI SDK 7), came ${came}. ` +
      `A model's name alone is not enough: pass what a provider makes of it, such as openai.embedding("text-embedding-3-small").`,
  );
}

/** @throws ArgumentError where `value` is no Runnable */
export function requireRunnable(value: unknown): void {
  const { invoke, batch } = (value ?? {}) as Record<string, unknown>;
  if (typeof invoke === "function" && typeof batch === "function") return;
  throw new ArgumentError(`Expected a Runnable of Batchwise, came ${value === null ? "null" : typeof value}.`);
}

/** The values that are there. */
export function defined<Values extends object>(
  values: Values,
): { [Key in keyof Values]: Exclude<Values[Key], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}

const encoder = new TextEncoder();

export function utf8Length(text: unknown): number {
  return typeof text === "string" ? encoder.encode(text).length : 0;
}
