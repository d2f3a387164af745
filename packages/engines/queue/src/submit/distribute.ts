import { randomUUID } from "node:crypto";
import {
  ArgumentError,
  type CallOptions,
  InputError,
  isRunnable,
  ResultError,
  Runnable,
  type RunnableSettings,
} from "@batchwise/core";
import { queueName } from "../queue-name.ts";
import { contentHash } from "../wire/chunk-key.ts";
import { type Codec, structuredCodec } from "../wire/codec.ts";
import { canEncode, decodeOutcome, type EncodedOutcome, type Outcome } from "../wire/outcome.ts";
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
  /** How often a chunk's content has been sent: equal chunks of one batch are told apart by it. */
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
    if (inputs.length === 0) return [];
    const callOptions = this.#picked(options);
    const letter = {
      key: this.#keyOf(inputs, callOptions),
      inputs: this.#encode(inputs),
      size: inputs.length,
      options: callOptions,
    };
    let answer: EncodedOutcome;
    try {
      answer = await this.#mailbox.send(letter, options.signal);
    } catch (error) {
      // Of the chunk as a whole: no smaller one would fare better.
      if (options.signal?.aborted === true || !(error instanceof Error)) throw error;
      return inputs.map(() => error);
    }
    const { slots, usage, fatal } = this.#decode(answer, inputs.length);
    if (usage !== undefined) options.report?.({ usage });
    // Thrown, it ends the batch: no other chunk would fare better either.
    if (fatal === true && slots.every((slot) => slot instanceof Error)) throw slots[0];
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

  #keyOf(inputs: readonly Input[], callOptions: string): string {
    const content = this.#keeps ? contentHash(inputs, callOptions, this.#codec) : "chunk";
    const before = this.#sent.get(content) ?? 0;
    this.#sent.set(content, before + 1);
    return `${content} ${before}`;
  }

  #encode(inputs: readonly Input[]): Uint8Array {
    try {
      return this.#codec.encode(inputs);
    } catch {
      const position = inputs.findIndex((input) => !canEncode(input, this.#codec));
      throw new InputError(
        "This input cannot be written for a worker: expected plain data, typed arrays, Maps, Sets or dates. Send such a " +
          "value, or give submitter and workers a codec that knows it.",
        position === -1 ? {} : { position },
      );
    }
  }

  #decode(answer: EncodedOutcome, size: number): Outcome {
    try {
      return decodeOutcome(answer, size, this.#codec);
    } catch {
      throw new ResultError(
        "The worker's outcome cannot be read: submitter and worker need the same codec, and with the usual one a Node " +
          "here that is not older than the worker's.",
      );
    }
  }
}
