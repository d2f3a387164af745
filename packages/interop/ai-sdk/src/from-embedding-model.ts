import type {
  EmbeddingModelV2,
  EmbeddingModelV3,
  EmbeddingModelV4,
  EmbeddingModelV4CallOptions,
} from "@ai-sdk/provider";
import {
  callSdk,
  countIn,
  defined,
  factsOf,
  fieldsOf,
  headersIn,
  settingsAround,
  usageFrom,
  utf8Length,
  VectorLength,
  vectorsIn,
} from "@batchwise/adapter-kit";
import { ArgumentError, bulkRunnable, type CallOptions, type Runnable, type RunnableSettings } from "@batchwise/core";
import { modelFailure, refusedAnswer, tooMany } from "./errors.ts";
import { dialectOf } from "./headers.ts";
import { type ModelSettings, PACE, requireModel } from "./settings.ts";

/** An embedding model of specification version v2, v3 or v4 (AI SDK 5, 6 or 7). */
export type EmbeddingModel = EmbeddingModelV2<string> | EmbeddingModelV3 | EmbeddingModelV4;

/** Options of `fromEmbeddingModel`: settings of a Runnable, and what every call of the model gets. */
export interface FromEmbeddingModelOptions
  extends ModelSettings<string, Float32Array>, Pick<EmbeddingModelV4CallOptions, "providerOptions" | "headers"> {
  /** Length of each vector, for models of version v4 that can shorten theirs; others take it in `providerOptions`. */
  readonly dimensions?: number;
  /** Limits of one call. @default the model's own: `maxEmbeddingsPerCall`, and bytes where it says them */
  readonly request?: Exclude<RunnableSettings["request"], undefined>;
}

/**
 * Any embedding model of the AI SDK as a Runnable, in bulk: a `Float32Array` for each text. Rows of a response that
 * carry an index are placed by it, and one text that the provider refuses fails alone.
 *
 * @throws ArgumentError where `model` is not an embedding model of specification version v2, v3 or v4, or of one that
 * knows no `dimensions`
 *
 * @example
 * const embeddings = fromEmbeddingModel(openai.embedding("text-embedding-3-small"));
 * const vectors = await embeddings.batch(texts, { returnExceptions: true });
 */
export function fromEmbeddingModel(
  model: EmbeddingModel,
  options: FromEmbeddingModelOptions = {},
): Runnable<string, Float32Array> {
  requireModel(model, "doEmbed");
  const { dimensions, providerOptions, headers, request, ...settings } = options;
  if (dimensions !== undefined && model.specificationVersion !== "v4") throw noDimensions(model.specificationVersion);
  const common = defined({ dimensions, providerOptions, headers });
  const length = new VectorLength(dimensions);
  return bulkRunnable(
    (values, call) => embed(model as EmbeddingModelV4, values, common, length, call),
    settingsAround(
      model,
      {
        maxConcurrency: model.supportsParallelCalls === true ? undefined : 1,
        request: { size: "learned", ...limitsOf(model), ...defined(request ?? {}) },
        weigh: (text) => ({ tokens: utf8Length(text), outputTokens: 0, bytes: utf8Length(text) }),
        ...defined(settings),
      },
      PACE,
    ),
  );
}

async function embed(
  model: EmbeddingModelV4,
  values: readonly string[],
  common: Partial<EmbeddingModelV4CallOptions>,
  length: VectorLength,
  call: CallOptions,
): Promise<readonly (Float32Array | Error)[]> {
  // A model may know its limit only later than its settings are read: then the engine splits what is too much.
  const most = await model.maxEmbeddingsPerCall;
  if (most !== undefined && values.length > most) throw tooMany(most);
  const dialect = dialectOf(model.provider);
  return callSdk(
    call,
    (thrown) => modelFailure(thrown, dialect),
    async () => {
      const own = { values: [...values], ...defined({ abortSignal: call.signal }) };
      const { embeddings, usage, response } = await vectorsOf(async () => model.doEmbed({ ...common, ...own }));
      const facts = factsOf(headersIn(response?.headers), dialect);
      call.report?.({ ...facts, usage: usageFrom({ inputTokens: usage?.tokens }) });
      return vectorsIn(withIndexes(embeddings, response?.body), values.length, length);
    },
  );
}

/** Part of a result that is read. */
interface Embedded {
  readonly embeddings: readonly unknown[];
  readonly usage?: { readonly tokens: unknown } | undefined;
  readonly response?: { readonly headers?: unknown; readonly body?: unknown } | undefined;
}

/** Result of a model; or what is in a body that its schema refused, for want of usage or with base64: it is paid for. */
async function vectorsOf(embedOnce: () => Promise<Embedded>): Promise<Embedded> {
  try {
    return await embedOnce();
  } catch (thrown) {
    const response = refusedAnswer(thrown);
    const { data, usage } = response?.body ?? {};
    const embeddings = (Array.isArray(data) ? data : []).map((row) => fieldsOf(row)?.["embedding"]);
    if (embeddings.every((each) => each === undefined)) throw thrown;
    const { prompt_tokens: prompt, total_tokens: total } = fieldsOf(usage) ?? {};
    return { embeddings, usage: { tokens: prompt ?? total }, response };
  }
}

/** Models before version v4 have no such option of a call, and would give vectors of their usual length. */
function noDimensions(version: string): ArgumentError {
  return new ArgumentError(
    `Expected \`dimensions\` for a model of specification version v4, got them for one of ${version}. ` +
      "Give them in `providerOptions`, such as { openai: { dimensions: 256 } }.",
  );
}

/**
 * The AI SDK takes vectors in the order in which they arrive (P5). Each gets the index that its row of the response's own body
 * (`{ data: [{ index }] }`) carries, by which it is placed.
 */
function withIndexes(embeddings: readonly unknown[], body: unknown): unknown {
  const data = fieldsOf(body)?.["data"];
  if (!Array.isArray(data) || data.length !== embeddings.length) return embeddings;
  return embeddings.map((embedding, row) => ({ index: fieldsOf(data[row])?.["index"], embedding }));
}

/** Mark under which a model keeps how many bytes of UTF-8 all texts of a call may have; registered for all copies of the AI SDK. */
const MAX_BYTES: unique symbol = Symbol.for("vercel.ai.embeddingModel.maxInputBytesPerCall") as never;

function limitsOf(model: EmbeddingModel): { maxInputs?: number; maxBytes?: number } {
  const maxBytes: unknown = Reflect.get(model, MAX_BYTES);
  const { maxEmbeddingsPerCall } = model;
  return defined({ maxInputs: countIn(maxEmbeddingsPerCall) || undefined, maxBytes: countIn(maxBytes) || undefined });
}
