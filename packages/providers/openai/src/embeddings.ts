import {
  BulkRunnable,
  checkOption,
  defined,
  type DefinedOptions,
  defineOptions,
  type JobKind,
  type OptionsOf,
  REQUEST,
  requireText,
  sendRest,
  utf8Length,
  VectorDecoder,
  VectorLength,
  vectorsIn,
  withDefaults,
} from "@batchwise/adapter-kit";
import { type CallOptions, type JobBackend, type RunnableSettings } from "@batchwise/core";
import type { EmbeddingCreateParams } from "openai/resources/embeddings";
import { connect, type Connection, type ConnectionOptions } from "./client.ts";
import { EitherForm } from "./either-form.ts";
import { ownsInput } from "./errors.ts";
import { BULK_CONCURRENCY, EMBEDDING_MODELS, EMBEDDING_TOKENS, EMBEDDINGS_REQUEST } from "./limits.ts";
import { BULK, type PaceOptions, settingsOf } from "./options.ts";
import { type Call, post } from "./send.ts";
import { fitText, fitTexts, type Length } from "./texts.ts";
import { loadCutter } from "./tokens.ts";
import { inputUsageOf } from "./usage.ts";
import { readThrough, VectorSieve } from "./vector-sieve.ts";

const OWN = {
  /** @default "text-embedding-3-small" */
  model: { type: "string", description: "the model's name", default: "text-embedding-3-small" },
  /** Length of each vector, for models that can shorten theirs. Every vector is held against it. */
  dimensions: {
    type: "integer",
    minimum: 1,
    description: "length of each vector, for models that can shorten theirs",
    otherwise: "the model's own",
  },
  /** An id of your end user, which helps the provider find abuse. */
  user: { type: "string", description: "an id of your end user, which helps the provider find abuse" },
  /** Embeds the beginning of a text that is too long; `false` makes it an InputError in its own slot. @default false */
  truncate: {
    type: "boolean",
    description: "embeds the beginning of a text that is too long, instead of an error for that text",
    default: false,
  },
  /**
   * Tokens of one text, counted by cl100k_base.
   * @default 8_192 for OpenAI's own models; for others the provider decides
   */
  maxInputTokens: {
    type: "integer",
    minimum: 1,
    description: "tokens of one text, counted by cl100k_base",
    otherwise: "8,192 for OpenAI's models; else the server decides",
  },
  /**
   * Form in which vectors travel. "base64" takes a quarter of the bytes and a tenth of the processor's time.
   * @default "base64", and "float" for a server that refuses base64 or answers it with nothing before it has sent any
   */
  encoding: {
    type: "string",
    enum: ["base64", "float"],
    description: "how vectors travel",
    otherwise: '`"base64"`, and `"float"` where the server refuses that',
  },
} as const;

/** Options of OpenAIEmbeddings. */
export interface OpenAIEmbeddingsOptions
  extends OptionsOf<typeof OWN>, OptionsOf<typeof REQUEST>, ConnectionOptions, PaceOptions {}

/** Options of OpenAIEmbeddings, declared. */
export const EMBEDDINGS: DefinedOptions = /* @__PURE__ */ defineOptions(
  "OpenAIEmbeddings",
  OWN,
  withDefaults(REQUEST, { request: EMBEDDINGS_REQUEST }),
  BULK,
);

/**
 * Turns texts into vectors, many in one request: a `Float32Array` each, with memory of its own.
 *
 * @example
 * const embeddings = new OpenAIEmbeddings();
 * const vectors = await embeddings.batch(["a cat", "a kitten", "income tax"]);
 */
export class OpenAIEmbeddings extends BulkRunnable<string, Float32Array> {
  override readonly settings: RunnableSettings<string, Float32Array>;
  readonly #connection: Connection;
  readonly #options: OpenAIEmbeddingsOptions & { readonly model: string };
  readonly #length: Length;
  readonly #vectorLength: VectorLength;
  readonly #form: EitherForm;

  /** @throws ArgumentError for an option that cannot be worked with, or without a key */
  constructor(options: OpenAIEmbeddingsOptions = {}) {
    super();
    EMBEDDINGS.check(options);
    const { model = OWN.model.default, dimensions, truncate = false, maxInputTokens, request } = options;
    const most = EMBEDDING_MODELS.get(model) ?? Infinity;
    const expected = `at most ${most} for ${model}`;
    checkOption("dimensions", dimensions, { ...OWN.dimensions, maximum: most, expected });
    const maxTokens = maxInputTokens ?? (EMBEDDING_MODELS.has(model) ? EMBEDDING_TOKENS : undefined);
    // A model whose limit is not known is not cut to a length that may be too short for it.
    checkOption("truncate", truncate, {
      ...OWN.truncate,
      holds: (value) => value === false || maxTokens !== undefined,
      expected: "used with `maxInputTokens` for this model",
    });
    this.#connection = connect(options);
    this.#options = { ...options, model };
    this.#length = { maxTokens, truncate };
    this.#vectorLength = new VectorLength(dimensions);
    const form = { base64: "usual", float: "other" } as const;
    const others = /dimension|model|user|input|token|length|batch/i;
    this.#form = new EitherForm(/encoding_format|base64/i, options.encoding && form[options.encoding], others);
    // A longer text is refused or cut, whatever its length.
    const mostBytes = maxTokens === undefined ? Infinity : BYTES_PER_TOKEN * maxTokens;
    this.settings = settingsOf(options, this.#connection, {
      model,
      maxConcurrency: BULK_CONCURRENCY,
      request: { ...EMBEDDINGS_REQUEST, ...request },
      weigh: (text) => {
        requireText(text);
        return { tokens: utf8Length(text, mostBytes), outputTokens: 0 };
      },
      jobs: () => this.#jobs(),
    });
  }

  /**
   * One request for all texts that can be sent; none where no text can. A slot has an InputError for a text that is empty,
   * or too long while `truncate` is false, and a ResultError for what is not a vector.
   *
   * @throws ProviderError, TimeoutError or the signal's reason
   */
  override async invokeMany(
    inputs: readonly string[],
    options: CallOptions = {},
  ): Promise<readonly (Float32Array | Error)[]> {
    const texts = await fitTexts(inputs, this.#length, options.signal);
    return sendRest(texts, options, (sent, positions) =>
      this.#form.send(
        (floats, onRefusal) => this.#embed({ ...this.#call(sent, positions, floats), onRefusal }, sent.length, options),
        // OpenRouter answers with nothing where a model knows no base64.
        (slots) => slots.some((slot) => slot instanceof Float32Array),
      ),
    );
  }

  async #embed(call: Call, count: number, options: CallOptions): Promise<readonly (Float32Array | Error)[]> {
    const decoder = new VectorDecoder();
    const { data, usage } = await post<EmbeddingsAnswer>(this.#connection, call, "data", options, {
      text: (response) => readThrough(response, new VectorSieve((base64) => decoder.take(base64))),
    });
    options.report?.({ usage: inputUsageOf(usage) });
    return vectorsIn(data, count, this.#vectorLength, decoder);
  }

  #call(input: string[], positions?: readonly number[], floats = this.#options.encoding === "float"): Call {
    const { model, dimensions, user } = this.#options;
    const body: EmbeddingCreateParams = {
      model,
      input,
      encoding_format: floats ? "float" : "base64",
      ...defined({ dimensions, user }),
    };
    return { path: "/embeddings", body, blame: { owns: ownsInput, positions } };
  }

  async #jobs(): Promise<JobBackend<string, Float32Array>> {
    // Lines are written without waiting, so that what counts their tokens has to be there.
    const cutter = this.#length.maxTokens === undefined ? undefined : await loadCutter();
    const { path, body } = this.#call([]);
    const kind: JobKind<string, Float32Array> = {
      // As it is written in the notes of jobs that run.
      common: { path, body, parts: {}, length: this.#length },
      body: (texts) => this.#call(texts.map((text) => fitText(text, this.#length, cutter))).body,
      blame: () => ({ owns: ownsInput }),
      read: (answer, texts) => vectorsIn((answer as EmbeddingsAnswer).data, texts.length, this.#vectorLength),
      usage: (answer) => inputUsageOf((answer as EmbeddingsAnswer).usage),
    };
    const { batchJobs } = await import("./jobs/batch-jobs.ts");
    return batchJobs(this.#connection, { path, field: "data" }, kind, this.#options.clock);
  }
}

/** More than most texts have: with fewer, a text of many bytes would weigh less than it has tokens. */
const BYTES_PER_TOKEN = 4;

/** Part of an answer that is read. */
interface EmbeddingsAnswer {
  readonly data: unknown;
  readonly usage?: unknown;
}
