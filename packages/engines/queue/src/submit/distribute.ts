import { randomUUID } from "node:crypto";
import {
  ArgumentError,
  type CallOptions,
  InputError,
  isRunnable,
  Runnable,
  type RunnableSettings,
} from "@batchwise/core";
import { queueName } from "../queue-name.ts";
import { type Codec, structuredCodec } from "../wire/codec.ts";
import { contentHash } from "../wire/content-hash.ts";
import { type ChunkReport, decodeResult } from "../wire/result.ts";
import type { Answer } from "./letter.ts";
import { Mailbox } from "./mailbox.ts";
import { checkOptions, type DistributeOptions } from "./options.ts";

/**
 * The same Runnable, worked on by others: its batch is cut into chunks, which wait on `engine` for workers anywhere,
 * and their outcomes come back here. Everything else of a batch (order, progress, abort, backpressure, single failures)
 * is as it is without.
 *
 * @param runnable what the workers run; here it only tells its settings
 * @throws ArgumentError for what is no Runnable, and for an option that holds what it cannot.
 *
 * @example
 * await using engine = postgresEngine();
 * const vectors = await distribute(embeddings, { engine, name: "embed" }).batch(texts);
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

/** What `distribute` returns. */
export class Distributed<Input, Output> extends Runnable<Input, Output> {
  override readonly settings: RunnableSettings<Input, Output>;
  readonly #mailbox: Mailbox;
  readonly #codec: Codec;
  readonly #keeps: boolean;
  readonly #callOptions: readonly string[];
  /** How often an input has been sent: equal inputs of a kept batch are told apart by it. */
  readonly #sent = new Map<string, number>();

  constructor(runnable: Runnable<Input, Output>, options: DistributeOptions) {
    super();
    if (!isRunnable(runnable)) throw new ArgumentError("distribute: expected a Runnable. runnable(fn) makes one.");
    checkOptions(options);
    const { engine, name, version = "1", batchId, onWaiting, codec = structuredCodec } = options;
    const { request, price, callOptions = [] }: RunnableSettings = runnable.settings ?? {};
    this.#codec = codec;
    this.#keeps = batchId !== undefined;
    this.#callOptions = callOptions;
    // A chunk is a request of the engine, and a place on the queue is a call in flight: order, window, progress, abort
    // and backpressure follow from that.
    this.settings = {
      maxConcurrency: options.maxQueued ?? 64,
      request: { maxInputs: options.chunkSize ?? Math.min(request?.maxInputs ?? USUAL_CHUNK, LARGEST_CHUNK) },
      callOptions,
      ...(price === undefined ? {} : { price }),
    };
    this.#mailbox = new Mailbox({
      engine,
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
   * One input, as a chunk of its own.
   *
   * @throws what the worker's Runnable threw, as far as it travels; WorkerLostError when every worker that had it ended;
   *   NoWorkerError when there is none; QueueDatabaseError when the database cannot be reached; InputError when the
   *   input cannot be written.
   */
  async invoke(input: Input, options: CallOptions = {}): Promise<Output> {
    const [slot] = await this.invokeMany([input], options);
    if (slot instanceof Error) throw slot;
    return slot as Output;
  }

  /** The inputs of one chunk, worked on by one worker. */
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

  /** The batch of `batchId` has been handed over: deletes what the database keeps of it. */
  forget(): Promise<void> {
    this.#sent.clear();
    return this.#mailbox.forget();
  }

  /** The Runnable's own call options, which the worker passes to it. */
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
        "This input cannot be written for a worker: expected plain data, typed arrays, Maps, Sets or dates. Send such a " +
          "value, or give submitter and workers a codec that knows it.",
      );
    }
  }

  async #send(inputs: readonly Input[], encoded: readonly Uint8Array[], options: CallOptions): Promise<unknown[]> {
    const callOptions = this.#picked(options);
    const letter = {
      id: randomUUID(),
      inputs: encoded,
      names: this.#keeps ? inputs.map((input, at) => this.#nameOf(input, encoded[at]!, callOptions)) : undefined,
      options: callOptions,
    };
    let answer: Answer;
    try {
      answer = await this.#mailbox.send(letter, options.signal);
    } catch (error) {
      // Of the chunk as a whole: no smaller one would fare better.
      if (options.signal?.aborted === true || !(error instanceof Error)) throw error;
      return inputs.map(() => error);
    }
    const slots = answer.results.map((result) => decodeResult(result, this.#codec));
    const reports = answer.reports.map((report) => JSON.parse(report) as ChunkReport);
    for (const { usage } of reports) if (usage !== undefined) options.report?.({ usage });
    // Thrown, it ends the batch: no other chunk would fare better either.
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
