import type { EmbeddingModelV4, EmbeddingModelV4CallOptions } from "@ai-sdk/provider";
import { bulkRunnable, type CallOptions, ProviderError, type Runnable, type RunnableSettings } from "@batchwise/core";
import { failureOf } from "./errors.ts";
import { factsIn } from "./headers.ts";
import { CEILING, defined, requireModel, utf8Length, withDefaults } from "./settings.ts";
import { vectorsOf } from "./vectors.ts";

/** Options of `fromEmbeddingModel`: settings of a Runnable, and what every call of the model gets. */
export interface FromEmbeddingModelOptions
  extends RunnableSettings<string, Float32Array>, Pick<EmbeddingModelV4CallOptions, "providerOptions" | "headers"> {
  /** Length of each vector, for models that can shorten theirs. */
  readonly dimensions?: number;
  /**
   * The most calls in flight at once. Until a response tells the limits there are 5, the first one alone.
   * @default 64; 1 for a model that does not say that it takes calls in parallel
   */
  readonly maxConcurrency?: number;
  /** What one call may hold. @default the model's own: `maxEmbeddingsPerCall`, and bytes where it tells them */
  readonly request?: Exclude<RunnableSettings["request"], undefined>;
  /** How failed calls are tried again. The model itself never does. @default { attempts: 6 } */
  readonly retry?: Exclude<RunnableSettings["retry"], undefined>;
}

/**
 * Any embedding model of the AI SDK as a Runnable, in bulk: a `Float32Array` for each text. Rows of a response that
 * carry an index are placed by it, and one text that the provider refuses fails alone.
 *
 * @throws ArgumentError where `model` is no embedding model of specification version v4
 *
 * @example
 * const embeddings = fromEmbeddingModel(openai.embedding("text-embedding-3-small"));
 * const vectors = await embeddings.batch(texts, { returnExceptions: true });
 */
export function fromEmbeddingModel(
  model: EmbeddingModelV4,
  options: FromEmbeddingModelOptions = {},
): Runnable<string, Float32Array> {
  requireModel(model, "doEmbed");
  const { dimensions, providerOptions, headers, request, ...settings } = options;
  const common = defined({ dimensions, providerOptions, headers });
  return bulkRunnable(
    (values, call) => embed(model, values, common, call),
    withDefaults(model, {
      maxConcurrency: model.supportsParallelCalls === true ? CEILING : 1,
      request: { ...limitsOf(model), ...defined(request ?? {}) },
      weigh: (text) => ({ tokens: utf8Length(text), bytes: utf8Length(text) }),
      ...defined(settings),
    }),
  );
}

async function embed(
  model: EmbeddingModelV4,
  values: readonly string[],
  common: Partial<EmbeddingModelV4CallOptions>,
  { signal, report }: CallOptions,
): Promise<readonly (Float32Array | Error)[]> {
  signal?.throwIfAborted();
  // A model may know its limit only later than its settings are read: then the engine splits what is too much.
  const most = await model.maxEmbeddingsPerCall;
  if (most !== undefined && values.length > most) throw tooMany(most);
  try {
    const { embeddings, usage, response } = await model.doEmbed({
      ...common,
      values: [...values],
      ...(signal === undefined ? {} : { abortSignal: signal }),
    });
    const tokens = usage?.tokens;
    const told = typeof tokens === "number" && Number.isFinite(tokens) ? { usage: { inputTokens: tokens } } : {};
    report?.({ ...factsIn(response?.headers, model.provider), ...told });
    return vectorsOf(embeddings, response?.body, values.length);
  } catch (thrown) {
    signal?.throwIfAborted();
    const failure = failureOf(thrown, model.provider);
    report?.(failure.report);
    throw failure.error;
  }
}

/** Where a model keeps how many bytes of UTF-8 all texts of a call may have; registered for all copies of the AI SDK. */
const MAX_BYTES: unique symbol = Symbol.for("vercel.ai.embeddingModel.maxInputBytesPerCall") as never;

function limitsOf(model: EmbeddingModelV4): { maxInputs?: number; maxBytes?: number } {
  const maxBytes: unknown = Reflect.get(model, MAX_BYTES);
  const { maxEmbeddingsPerCall } = model;
  return {
    ...(isLimit(maxEmbeddingsPerCall) ? { maxInputs: maxEmbeddingsPerCall } : {}),
    ...(isLimit(maxBytes) ? { maxBytes } : {}),
  };
}

function isLimit(value: unknown): value is number {
  return typeof value === "number" && value >= 1;
}

function tooMany(most: number): ProviderError {
  return new ProviderError(`Expected at most ${most} values in one call of this model. Lower \`request.maxInputs\`.`, {
    code: "request_too_large",
    retryable: false,
  });
}
