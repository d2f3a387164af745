import { setImmediate } from "node:timers/promises";
import { type CallOptions, Runnable, type RunnableSettings } from "@batchwise/core";
import { bucketsByLength } from "./buckets.ts";
import { closed, emptyText, notFinite, notText, overlongText } from "./errors.ts";
import { BUCKET, MAX_CONCURRENCY, REQUEST, weigh } from "./limits.ts";
import { openModel, type OpenModel } from "./open-model.ts";
import { type LocalEmbeddingsOptions, type ModelInfo, type Resolved, resolveOptions } from "./options.ts";

/**
 * Turns texts into vectors in this process: no key, no server. A vector is a `Float32Array` of the model's
 * dimensions (512 for the default model) and of length 1, so that a dot product is the cosine of two texts.
 *
 * Threads start with the first call, or with `load`. `close` ends them.
 *
 * @example
 * await using embeddings = new LocalEmbeddings();
 * const [cat, kitten, tax] = await embeddings.batch(["a cat", "a kitten", "income tax"]);
 */
export class LocalEmbeddings extends Runnable<string, Float32Array> implements AsyncDisposable {
  override readonly settings: RunnableSettings<string, Float32Array>;
  readonly #options: Resolved;
  #opening: Promise<OpenModel> | undefined;
  #closed = false;

  /** @throws ArgumentError for an option that cannot be worked with. */
  constructor(options: LocalEmbeddingsOptions = {}) {
    super();
    this.#options = resolveOptions(options);
    this.settings = {
      maxConcurrency: MAX_CONCURRENCY,
      request: REQUEST,
      retry: false,
      weigh: (text) => weigh(text, this.#options.maxTokens),
    };
  }

  /**
   * Gets the model ready, which the first call does otherwise. A load that failed is tried again by the next one.
   *
   * @throws ArgumentError when there is no such model, or it is not what the options ask for.
   * @throws ProviderError when one of its files is damaged.
   */
  async load(): Promise<ModelInfo> {
    return (await this.#open()).info;
  }

  /**
   * @throws InputError when the text has no token, or more than `maxTokens` and `truncate` is false.
   */
  override async invoke(input: string, options: CallOptions = {}): Promise<Float32Array> {
    const [vector] = await this.invokeMany([input], options);
    if (vector instanceof Error) throw vector;
    return vector!;
  }

  /** Texts are tokenised, sorted by length, computed in buckets by all threads, and put back in order. */
  override async invokeMany(
    inputs: readonly string[],
    options: CallOptions = {},
  ): Promise<readonly (Float32Array | Error)[]> {
    const { signal } = options;
    signal?.throwIfAborted();
    if (inputs.length === 0) return [];
    const model = await this.#open();
    const texts = await this.#encode(inputs, model, signal);

    // With few texts, small buckets: every thread gets some.
    const share = Math.ceil(inputs.length / Math.max(1, this.#options.threads));
    const tokens = texts.map((text) => (text instanceof Error ? undefined : text));
    const buckets = bucketsByLength(tokens, {
      ...BUCKET,
      maxTexts: Math.min(BUCKET.maxTexts, share),
    });
    const batches = buckets.map(({ ids, lengths }) => ({ ids, lengths }));
    const outcomes = await model.sessions.run(batches, signal);

    const slots: (Float32Array | Error)[] = [];
    for (const [position, text] of texts.entries()) if (text instanceof Error) slots[position] = text;
    let used = 0;
    for (const [index, { positions, ids }] of buckets.entries()) {
      const outcome = outcomes[index]!;
      if (!(outcome instanceof Error)) used += ids.length;
      for (const [row, position] of positions.entries()) slots[position] = vectorOf(outcome, row, position, model.info);
    }
    options.report?.({ usage: { inputTokens: used } });
    return slots;
  }

  /** Ends the threads once what they compute is done. Calls that come later are refused. */
  async close(): Promise<void> {
    this.#closed = true;
    const opened = await this.#opening?.catch(() => undefined);
    await opened?.sessions.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #open(): Promise<OpenModel> {
    if (this.#closed) return Promise.reject(closed());
    this.#opening ??= openModel(this.#options).catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  /** Token ids of each text, or why it cannot have a vector. Lets other work in between long texts. */
  async #encode(
    inputs: readonly string[],
    { tokenizer, info }: OpenModel,
    signal: AbortSignal | undefined,
  ): Promise<(Int32Array | Error)[]> {
    const texts: (Int32Array | Error)[] = [];
    let characters = 0;
    for (const [position, input] of inputs.entries()) {
      if (typeof input !== "string") {
        texts.push(notText(position, input));
        continue;
      }
      const { ids, overlong } = tokenizer.encode(input, info.maxTokens);
      if (ids.length === 0) texts.push(emptyText(position));
      else if (overlong && !this.#options.truncate) texts.push(overlongText(position, info.maxTokens));
      else texts.push(ids);

      characters += input.length;
      if (characters > CHARACTERS_AT_A_TIME) {
        characters = 0;
        await setImmediate();
        signal?.throwIfAborted();
      }
    }
    return texts;
  }
}

/** A few milliseconds of tokenising. */
const CHARACTERS_AT_A_TIME = 32_768;

/** A text's own vector: a copy, so that moving one to another thread takes no other along. */
function vectorOf(vectors: Float32Array | Error, row: number, position: number, info: ModelInfo): Float32Array | Error {
  if (vectors instanceof Error) return vectors;
  const vector = vectors.slice(row * info.dimensions, (row + 1) * info.dimensions);
  // Normalising makes a vector that is not finite anywhere NaN everywhere.
  return Number.isNaN(vector[0]) ? notFinite(info.name, position) : vector;
}
