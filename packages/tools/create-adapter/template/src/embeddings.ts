import { type CallOptions, type RequestLimits, ResultError, Runnable, type RunnableSettings } from "@batchwise/core";
import { MAX_INPUTS } from "./limits.ts";
import { connect, type Connection, type MyProviderOptions, settingsOf } from "./options.ts";
import { post } from "./post.ts";

/** Options of MyProviderEmbeddings. */
export interface MyProviderEmbeddingsOptions extends MyProviderOptions {
  /** @default "embed-1" */
  readonly model?: string;
  /** What one request holds. @default { maxInputs: {{maxInputs}} } */
  readonly request?: RequestLimits;
}

/**
 * Turns texts into vectors, many in one request: a `Float32Array` each.
 *
 * @example
 * const embeddings = new MyProviderEmbeddings();
 * const vectors = await embeddings.batch(["a cat", "a kitten", "income tax"]);
 */
export class MyProviderEmbeddings extends Runnable<string, Float32Array> {
  override readonly settings: RunnableSettings<string, Float32Array>;
  readonly #connection: Connection;
  readonly #model: string;

  /** @throws ArgumentError for an option that cannot be worked with, or without a key */
  constructor(options: MyProviderEmbeddingsOptions = {}) {
    super();
    // TODO: the model that most people want.
    const { model = "embed-1", request } = options;
    this.#connection = connect(options);
    this.#model = model;
    this.settings = {
      ...settingsOf<Float32Array>(options, this.#connection, model),
      request: { maxInputs: MAX_INPUTS, ...request },
    };
  }

  /** @throws ProviderError, ResultError when the answer is no vector, or the signal's reason */
  override async invoke(input: string, options: CallOptions = {}): Promise<Float32Array> {
    const [vector] = await this.invokeMany([input], options);
    if (vector instanceof Error) throw vector;
    return vector!;
  }

  /** One request for all texts. */
  override async invokeMany(
    inputs: readonly string[],
    options: CallOptions = {},
  ): Promise<readonly (Float32Array | Error)[]> {
    // TODO: the request's body, as My Provider wants it.
    const body = { model: this.#model, input: inputs };
    const answer = await post<EmbeddingsAnswer>(this.#connection, "/embeddings", body, options);
    // TODO: where the answer holds its usage, and its vectors.
    const inputTokens = answer.usage?.prompt_tokens;
    if (inputTokens !== undefined) options.report?.({ usage: { inputTokens } });
    return vectorsOf(answer.data, inputs.length);
  }
}

/** What is read of an answer. */
interface EmbeddingsAnswer {
  readonly data: readonly Row[];
  readonly usage?: { readonly prompt_tokens?: number };
}

interface Row {
  readonly index: number;
  readonly embedding: readonly number[];
}

/** Each vector in its own text's slot, by the index that it carries; an error where that cannot be told. */
function vectorsOf(data: unknown, count: number): (Float32Array | ResultError)[] {
  const rows: readonly (Row | null)[] = Array.isArray(data) ? data : [];
  const byIndex = Map.groupBy(rows, (row) => row?.index);
  return Array.from({ length: count }, (_, index) => {
    const own = byIndex.get(index) ?? [];
    if (rows.length !== count || own.length !== 1) {
      return new ResultError(
        `Expected ${count} vectors, each with an index of its own; other rows came. Send it again.`,
      );
    }
    const vector = own[0]?.embedding;
    if (Array.isArray(vector) && vector.length > 0 && vector.every(Number.isFinite)) return Float32Array.from(vector);
    return new ResultError("Expected a vector of finite numbers; something else came. Send it again.");
  });
}
