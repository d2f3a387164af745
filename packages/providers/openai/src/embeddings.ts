import {
  type CallOptions,
  type JobBackend,
  type RequestLimits,
  Runnable,
  type RunnableSettings,
} from "@batchwise/core";
import type { EmbeddingCreateParams } from "openai/resources/embeddings";
import { connect, type Connection, CONNECTION_OPTIONS, type ConnectionOptions } from "./client.ts";
import type { JobKind } from "./jobs/job-kind.ts";
import { VectorDecoder, vectorsOf } from "./decode.ts";
import { ownsInput } from "./errors.ts";
import { BULK_CONCURRENCY, EMBEDDING_MODELS, EMBEDDING_TOKENS, EMBEDDINGS_REQUEST } from "./limits.ts";
import {
  check,
  checkNames,
  definedOnly,
  isObject,
  isText,
  isWhole,
  PACE_OPTIONS,
  type PaceOptions,
  settingsOf,
} from "./options.ts";
import { type Call, post } from "./post.ts";
import { answerTexts, type Length, requireText, sendable } from "./texts.ts";
import { loadCutter } from "./tokens.ts";
import { usageOf } from "./usage.ts";
import { utf8Length } from "./utf8.ts";
import { readThrough, VectorSieve } from "./vector-sieve.ts";

/** Options of OpenAIEmbeddings. */
export interface OpenAIEmbeddingsOptions extends ConnectionOptions, PaceOptions {
  /** @default "text-embedding-3-small" */
  readonly model?: string;
  /** Length of each vector, for models that can shorten theirs. Every vector is held against it. */
  readonly dimensions?: number;
  /** An id of your end user, which helps the provider find abuse. */
  readonly user?: string;
  /** Embeds the beginning of a text that is too long; `false` makes it an InputError in its own slot. @default false */
  readonly truncate?: boolean;
  /**
   * Tokens of one text, counted by cl100k_base.
   * @default 8_192 for OpenAI's own models; for others the provider decides
   */
  readonly maxInputTokens?: number;
  /** What one request holds, for a server that takes less, or more. @default 2_048 inputs and 300_000 tokens */
  readonly request?: RequestLimits;
}

/**
 * Turns texts into vectors, many in one request: a `Float32Array` each, with memory of its own.
 *
 * @example
 * const embeddings = new OpenAIEmbeddings();
 * const vectors = await embeddings.batch(["a cat", "a kitten", "income tax"]);
 */
export class OpenAIEmbeddings extends Runnable<string, Float32Array> {
  override readonly settings: RunnableSettings<string, Float32Array>;
  readonly #connection: Connection;
  readonly #options: OpenAIEmbeddingsOptions & { readonly model: string };
  readonly #length: Length;

  /** @throws ArgumentError for an option that cannot be worked with, or without a key */
  constructor(options: OpenAIEmbeddingsOptions = {}) {
    super();
    const { model = "text-embedding-3-small", dimensions, user, truncate, maxInputTokens, request } = options;
    checkNames("OpenAIEmbeddings", options, [...OWN_OPTIONS, ...CONNECTION_OPTIONS, ...PACE_OPTIONS]);
    check("model", model, isText, "a model's name");
    check("dimensions", dimensions, isWhole, "a whole number from 1");
    const most = EMBEDDING_MODELS.get(model) ?? Infinity;
    check("dimensions", dimensions, (value) => (value as number) <= most, `at most ${most} for ${model}`);
    check("user", user, isText, "a text");
    check("truncate", truncate, (value) => typeof value === "boolean", "true or false");
    check("maxInputTokens", maxInputTokens, isWhole, "a whole number from 1");
    check("request", request, isObject, "limits such as { maxInputs: 16 }");
    this.#connection = connect(options);
    this.#options = { ...options, model };
    const maxTokens = maxInputTokens ?? (EMBEDDING_MODELS.has(model) ? EMBEDDING_TOKENS : undefined);
    // A model whose limit is not known is not cut to a length that may be too short for it.
    check(
      "truncate",
      truncate,
      (value) => value === false || maxTokens !== undefined,
      "used with `maxInputTokens` for this model",
    );
    this.#length = { maxTokens, truncate: truncate ?? false };
    // A longer text is refused or cut, whatever its length.
    const mostBytes = maxTokens === undefined ? Infinity : BYTES_PER_TOKEN * maxTokens;
    this.settings = settingsOf(options, this.#connection, {
      model,
      maxConcurrency: BULK_CONCURRENCY,
      request: { ...EMBEDDINGS_REQUEST, ...request },
      weigh: (text) => {
        requireText(text);
        return { tokens: utf8Length(text, mostBytes) };
      },
      jobs: () => this.#jobs(),
    });
  }

  /**
   * @throws InputError when the text is empty, or too long and `truncate` is false
   * @throws ResultError when the answer is no vector
   * @throws ProviderError, TimeoutError or the signal's reason
   */
  override async invoke(input: string, options: CallOptions = {}): Promise<Float32Array> {
    const [vector] = await this.invokeMany([input], options);
    if (vector instanceof Error) throw vector;
    return vector!;
  }

  /** One request for all texts that can be sent; none where no text can. */
  override invokeMany(
    inputs: readonly string[],
    options: CallOptions = {},
  ): Promise<readonly (Float32Array | Error)[]> {
    return answerTexts(inputs, this.#length, options, (sent, positions) => this.#embed(sent, positions, options));
  }

  async #embed(
    input: readonly string[],
    positions: readonly number[],
    options: CallOptions,
  ): Promise<readonly (Float32Array | Error)[]> {
    const call = this.#call(input, positions);
    const decoder = new VectorDecoder();
    const { data, usage } = await post<EmbeddingsAnswer>(this.#connection, call, "data", options, (response) =>
      readThrough(response, new VectorSieve((base64) => decoder.take(base64))),
    );
    options.report?.(usageOf(usage));
    return vectorsOf(data, input.length, this.#options.dimensions, decoder);
  }

  #call(input: readonly string[], positions?: readonly number[]): Call {
    const { model, dimensions, user } = this.#options;
    const body: EmbeddingCreateParams = {
      model,
      input: input as string[],
      encoding_format: "base64",
      ...definedOnly({ dimensions, user }),
    };
    return { path: "/embeddings", body, parts: { owns: ownsInput, ...definedOnly({ positions }) } };
  }

  async #jobs(): Promise<JobBackend<string, Float32Array>> {
    // Lines are written without waiting, so that what counts their tokens has to be there.
    const cutter = this.#length.maxTokens === undefined ? undefined : await loadCutter();
    const kind: JobKind<string, Float32Array, EmbeddingsAnswer> = {
      path: "/embeddings",
      field: "data",
      common: { ...this.#call([]), length: this.#length },
      call: (texts) => this.#call(texts.map((text) => sendable(text, this.#length, cutter))),
      read: ({ data }, texts) => vectorsOf(data, texts.length, this.#options.dimensions),
    };
    const { batchJobs } = await import("./jobs/batch-jobs.ts");
    return batchJobs(this.#connection, kind, this.#options.clock);
  }
}

/** More than most texts have: with fewer, a text of many bytes would weigh less than it has tokens. */
const BYTES_PER_TOKEN = 4;

/** What is read of an answer. */
interface EmbeddingsAnswer {
  readonly data: unknown;
  readonly usage?: unknown;
}

const OWN_OPTIONS: readonly (keyof OpenAIEmbeddingsOptions)[] = [
  "model",
  "dimensions",
  "user",
  "truncate",
  "maxInputTokens",
  "request",
];
