import { randomUUID } from "node:crypto";
import {
  ArgumentError,
  type BatchOptions,
  type CallOptions,
  InputError,
  isRunnable,
  type Middleware,
  Runnable,
  type RunnableSettings,
} from "@batchwise/core";
import { optionError } from "../option-error.ts";
import { queueName } from "../queue-name.ts";
import { type Codec, structuredCodec } from "../wire/codec.ts";
import { contentHash } from "../wire/content-hash.ts";
import { type ChunkReport, decodeResult } from "../wire/result.ts";
import { checkOptions, type DistributeOptions } from "./options.ts";
import { QueueClient } from "./queue-client.ts";
import type { Answer } from "./submission.ts";

/**
 * The same Runnable, with its work done by workers: a batch is cut into chunks, which wait in `backend` for workers on
 * any machine, and their outcomes come back here. Order, progress, abort, backpressure and single failures are the same.
 *
 * @param runnable the Runnable that the workers run; here it only gives its settings
 * @throws ArgumentError for anything but a Runnable, and for an option that is unknown or has a wrong value.
 *
 * @example
 * await using backend = postgresBackend();
 * const vectors = await distribute(embeddings, { backend, name: "embed" }).batch(texts);
 */
export function distribute<Input, Output>(
  runnable: Runnable<Input, Output>,
  options: DistributeOptions,
): Distributed<Input, Output> {
  return new Distributed(runnable, options);
}

const LARGEST_CHUNK = 1000;
const USUAL_CHUNK = 100;
const WEEK_MS = 7 * 24 * 60 * 60 * 1000;

/** Refuses caps of a batch whose chunks cannot be weighed: many are with workers before the first one says what it used. */
const REFUSES_CAPS: Middleware = {
  batch: ({ options }) => {
    const { maxCost, maxTokens }: BatchOptions = options;
    if (maxCost === undefined && maxTokens === undefined) return;
    throw new ArgumentError(
      `Expected a Runnable with \`weigh\` for \`${maxCost === undefined ? "maxTokens" : "maxCost"}\` with distribute, got ` +
        "one without. Give it `weigh`, with the tokens of an input, or leave the cap out.",
    );
  },
};

/** Runnable that `distribute` returns. */
export class Distributed<Input, Output> extends Runnable<Input, Output> {
  override readonly settings: RunnableSettings<Input, Output>;
  readonly #client: QueueClient;
  readonly #codec: Codec;
  readonly #keeps: boolean;
  readonly #callOptions: readonly string[];
  /** Count of each input so far: it tells equal inputs of a kept batch apart. */
  readonly #sent = new Map<string, number>();

  constructor(runnable: Runnable<Input, Output>, options: DistributeOptions) {
    super();
    if (!isRunnable(runnable)) throw optionError("runnable", "a Runnable", runnable);
    checkOptions(options);
    const { backend, name, version = "1", batchId, onWaiting, codec = structuredCodec } = options;
    const { request, price, weigh, callOptions = [] }: RunnableSettings = runnable.settings ?? {};
    this.#codec = codec;
    this.#keeps = batchId !== undefined;
    this.#callOptions = callOptions;
    // A chunk is a request of the engine, and a place on the queue is a call in flight: order, window, progress, abort
    // and backpressure follow from that.
    this.settings = {
      maxConcurrency: options.maxQueued ?? 64,
      request: { maxInputs: options.chunkSize ?? Math.min(request?.maxInputs ?? USUAL_CHUNK, LARGEST_CHUNK) },
      callOptions,
      middleware: weigh === undefined ? [REFUSES_CAPS] : [],
      ...(weigh === undefined ? {} : { weigh }),
      ...(price === undefined ? {} : { price }),
    };
    this.#client = new QueueClient({
      backend,
      name,
      version,
      queue: queueName(name, version),
      batch: batchId ?? randomUUID(),
      keeps: this.#keeps,
      keepForMs: options.keepForMs ?? WEEK_MS,
      attempts: options.attempts ?? 3,
      heartbeatSeconds: options.heartbeatSeconds ?? 10,
      noWorkerMs: options.noWorkerMs ?? 60_000,
      onWaiting,
    });
  }

  /**
   * Sends one input, as a chunk of its own.
   *
   * @throws the error of the worker's Runnable, as far as it travels; WorkerLostError when every worker that had it ended;
   *   NoWorkerError when there is none; QueueDatabaseError when the database cannot be reached; InputError when the
   *   codec cannot write the input.
   */
  async invoke(input: Input, options: CallOptions = {}): Promise<Output> {
    const [slot] = await this.invokeMany([input], options);
    if (slot instanceof Error) throw slot;
    return slot as Output;
  }

  /** Sends inputs as one chunk, for one worker. */
  override async invokeMany(inputs: readonly Input[], options: CallOptions = {}): Promise<(Output | Error)[]> {
    const encoded = inputs.map((input) => this.#encode(input));
    const slots: unknown[] = encoded;
    const places = [...encoded.keys()].filter((place) => !(encoded[place] instanceof Error));
    if (places.length > 0) {
      const answers = await this.#send(
        places.map((place) => inputs[place] as Input),
        places.map((place) => encoded[place] as Uint8Array),
        options,
      );
      for (const [at, place] of places.entries()) slots[place] = answers[at];
    }
    return slots as (Output | Error)[];
  }

  /** Deletes the batch of `batchId` from the database, once its results are handed over. */
  forget(): Promise<void> {
    this.#sent.clear();
    return this.#client.forget();
  }

  /** Call options of the Runnable's own, as JSON: the worker passes them to it. */
  #picked(options: CallOptions): string {
    return JSON.stringify(
      Object.fromEntries(this.#callOptions.map((name) => [name, Reflect.get(options, name) as unknown])),
    );
  }

  #encode(input: Input): Uint8Array | InputError {
    try {
      return this.#codec.encode(input);
    } catch {
      return new InputError(
        "Expected plain data, typed arrays, Maps, Sets or dates, got an input that the codec cannot write. Send such a " +
          "value, or give submitter and workers a codec that knows it.",
      );
    }
  }

  async #send(inputs: readonly Input[], encoded: readonly Uint8Array[], options: CallOptions): Promise<unknown[]> {
    const callOptions = this.#picked(options);
    const submission = {
      id: randomUUID(),
      inputs: encoded,
      names: this.#keeps ? inputs.map((input, at) => this.#nameOf(input, encoded[at]!, callOptions)) : undefined,
      options: callOptions,
    };
    let answer: Answer;
    try {
      answer = await this.#client.send(submission, options.signal);
    } catch (error) {
      // Of the chunk as a whole: a smaller one would fail, too.
      if (options.signal?.aborted === true || !(error instanceof Error)) throw error;
      return inputs.map(() => error);
    }
    const slots = answer.results.map((result) => decodeResult(result, this.#codec));
    const reports = answer.reports.map((report) => JSON.parse(report) as ChunkReport);
    for (const { usage } of reports) if (usage !== undefined) options.report?.({ usage });
    // Thrown, it ends the batch: the other chunks would fail, too.
    if (reports.some(({ fatal }) => fatal) && slots.every((slot) => slot instanceof Error)) throw slots[0];
    return slots;
  }

  #nameOf(input: Input, encoded: Uint8Array, callOptions: string): string {
    const content = contentHash(input, encoded, callOptions);
    const before = this.#sent.get(content) ?? 0;
    this.#sent.set(content, before + 1);
    return `${content} ${before}`;
  }
}
