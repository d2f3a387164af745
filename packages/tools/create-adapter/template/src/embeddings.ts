import {
  BulkRunnable,
  type DefinedOptions,
  defineOptions,
  type HttpConnection,
  type OptionsOf,
  postJson,
  REQUEST,
  sendRest,
  textsIn,
  usageFrom,
  VectorLength,
  vectorsIn,
  weighText,
  withDefaults,
} from "@batchwise/adapter-kit";
import { type CallOptions, type RunnableSettings } from "@batchwise/core";
import { MAX_INPUTS } from "./limits.ts";
import { COMMON, connect, type MyProviderOptions, settingsOf } from "./options.ts";

const OWN = {
  // TODO: the model that most people want.
  /** @default "embed-1" */
  model: { type: "string", description: "the model's name", default: "embed-1" },
} as const;

/** Options of MyProviderEmbeddings. */
export interface MyProviderEmbeddingsOptions
  extends OptionsOf<typeof OWN>, OptionsOf<typeof REQUEST>, MyProviderOptions {}

/** Options of MyProviderEmbeddings, declared. */
export const EMBEDDINGS: DefinedOptions = defineOptions(
  "MyProviderEmbeddings",
  OWN,
  withDefaults(REQUEST, { request: { maxInputs: MAX_INPUTS } }),
  COMMON,
);

/**
 * Turns texts into vectors, many in one request: a `Float32Array` each.
 *
 * @example
 * const embeddings = new MyProviderEmbeddings();
 * const vectors = await embeddings.batch(["a cat", "a kitten", "income tax"]);
 */
export class MyProviderEmbeddings extends BulkRunnable<string, Float32Array> {
  override readonly settings: RunnableSettings<string, Float32Array>;
  readonly #connection: HttpConnection;
  readonly #model: string;
  readonly #length = new VectorLength();

  /** @throws ArgumentError for an option that cannot be worked with, or without a key */
  constructor(options: MyProviderEmbeddingsOptions = {}) {
    super();
    EMBEDDINGS.check(options);
    this.#model = options.model ?? OWN.model.default;
    this.#connection = connect(options);
    this.settings = {
      ...settingsOf(options, this.#connection, this.#model),
      request: { maxInputs: MAX_INPUTS, ...options.request },
      // Never fewer than a text's tokens. The engine learns from the reported usage how many fewer those are.
      weigh: (text) => weighText(text),
    };
  }

  /**
   * One request for all texts that can be sent. A slot has an InputError for an empty text, and a ResultError for what is
   * not a vector.
   *
   * @throws ProviderError, or the signal's reason
   */
  override invokeMany(
    inputs: readonly string[],
    options: CallOptions = {},
  ): Promise<readonly (Float32Array | Error)[]> {
    return sendRest(textsIn(inputs), options, async (texts, positions) => {
      // TODO: the request, as My Provider wants it.
      const body = { model: this.#model, input: texts };
      const answer = await postJson<EmbeddingsAnswer>(this.#connection, "/embeddings", body, options, { positions });
      // TODO: where the answer holds its usage, and its vectors.
      options.report?.({ usage: usageFrom({ inputTokens: answer.usage?.prompt_tokens }) });
      return vectorsIn(answer.data, texts.length, this.#length);
    });
  }
}

/** Part of an answer that is read. */
interface EmbeddingsAnswer {
  readonly data: readonly { readonly index: number; readonly embedding: readonly number[] }[];
  readonly usage?: { readonly prompt_tokens?: number };
}
