import { setImmediate } from "node:timers/promises";
import { BulkRunnable, notInput, overlongText, sendRest } from "@batchwise/adapter-kit";
import { type CallOptions, type InputError, type RunnableSettings } from "@batchwise/core";
import { bucketsByLength } from "./buckets.ts";
import { closed, notFinite } from "./errors.ts";
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
export class LocalEmbeddings extends BulkRunnable<string, Float32Array> implements AsyncDisposable {
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
   * Texts are tokenized, sorted by length, computed in buckets by all threads, and put back in order. A slot has an
   * InputError for a text without a token, or with more than `maxTokens` while `truncate` is false.
   */
  override async invokeMany(
    inputs: readonly string[],
    options: CallOptions = {},
  ): Promise<readonly (Float32Array | Error)[]> {
    const { signal } = options;
    signal?.throwIfAborted();
    if (inputs.length === 0) return [];
    const model = await this.#open();
    const texts = await this.#encode(inputs, model, signal);

    return sendRest(texts, options, async (sent) => {
      // With few texts, small buckets: every thread gets some.
      const share = Math.ceil(inputs.length / Math.max(1, this.#options.threads));
      const buckets = bucketsByLength(sent, { ...BUCKET, maxTexts: Math.min(BUCKET.maxTexts, share) });
      const batches = buckets.map(({ ids, lengths }) => ({ ids, lengths }));
      const outcomes = await model.sessions.run(batches, signal);

      const slots: (Float32Array | Error)[] = [];
      let used = 0;
      for (const [index, { positions, ids }] of buckets.entries()) {
        const outcome = outcomes[index]!;
        if (!(outcome instanceof Error)) used += ids.length;
        for (const [row, position] of positions.entries()) slots[position] = vectorOf(outcome, row, model.info);
      }
      options.report?.({ usage: { inputTokens: used } });
      return slots;
    });
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
    inputs: readonly unknown[],
    { tokenizer, info }: OpenModel,
    signal: AbortSignal | undefined,
  ): Promise<(Int32Array | InputError)[]> {
    const texts: (Int32Array | InputError)[] = [];
    let characters = 0;
    for (const [position, input] of inputs.entries()) {
      if (typeof input !== "string") {
        texts.push(notInput("a string", input, position));
        continue;
      }
      const { ids, overlong } = tokenizer.encode(input, info.maxTokens);
      if (ids.length === 0) texts.push(notInput("a text with at least one token", input, position));
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

/** A few milliseconds of tokenizing. */
const CHARACTERS_AT_A_TIME = 32_768;

/** A text's own vector: a copy, so that moving one to another thread takes no other along. */
function vectorOf(vectors: Float32Array | Error, row: number, { name, dimensions }: ModelInfo): Float32Array | Error {
  if (vectors instanceof Error) return vectors;
  const vector = vectors.slice(row * dimensions, (row + 1) * dimensions);
  // Normalizing makes a vector that is not finite anywhere NaN everywhere.
  return Number.isNaN(vector[0]) ? notFinite(name) : vector;
}
