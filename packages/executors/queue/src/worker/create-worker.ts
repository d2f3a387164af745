import { randomUUID } from "node:crypto";
import { isRunnable, type Runnable } from "@batchwise/core";
import { type QueueBackend, requireBackend } from "../backend/queue-backend.ts";
import { optionError, requireOptions } from "../option-error.ts";
import { queueName } from "../queue-name.ts";
import { isCodec, isCount } from "../submit/options.ts";
import { WakeSignal } from "../wake-signal.ts";
import { type Codec, structuredCodec } from "../wire/codec.ts";
import { type ChunkEvent, Consumer } from "./consumer.ts";

/** Options of `createWorker`. */
export interface WorkerOptions {
  /** Database of the queue, the same as the submitters'. */
  readonly backend: QueueBackend;
  /** Runnables of the worker, by the names that the submitters use. */
  // oxlint-disable-next-line typescript/no-explicit-any -- inputs vary one way and outputs the other: only `any` holds both
  readonly runnables: Readonly<Record<string, Runnable<any, any>>>;
  /** Version of the Runnables: only chunks of the same one are taken. @default "1" */
  readonly version?: string;
  /** Chunks of each Runnable in progress at once. A whole number from 1. @default 1 */
  readonly concurrency?: number;
  /** Milliseconds between two looks of an idle worker for chunks that it got no notice of. @default 1000 */
  readonly pollMs?: number;
  /**
   * Milliseconds for which a chunk that this worker cannot read (another codec, a newer release) is left to other workers,
   * before its inputs fail. Above 0. @default 60_000
   */
  readonly unreadableMs?: number;
  /** The submitters' codec. @default Node's structured clone */
  readonly codec?: Codec;
  /** Called when a chunk is done. */
  readonly onChunk?: (event: ChunkEvent) => void;
  /** Called with an item's error as it was thrown: its message and cause may not travel to the submitter. */
  readonly onError?: (error: Error, name: string) => void;
}

const HEARTBEAT_MS = 5000;
const UNREADABLE_MS = 60_000;
const FORGET_SECONDS = 60;

/**
 * Starts a worker, which works on the chunks of these Runnables by their own `batch` until `drain` or `stop`.
 *
 * @throws ArgumentError for an option with a wrong value, such as anything but a Runnable.
 *
 * @example
 * await using worker = createWorker({ backend: postgresBackend(), runnables: { embed: embeddings } });
 * await worker.ended;
 */
export function createWorker(options: WorkerOptions): Worker {
  return new Worker(options);
}

/** Worker that `createWorker` returns. */
export class Worker implements AsyncDisposable {
  /** Resolves when the worker has ended. Rejects with a QueueDatabaseError when its database is gone for too long. */
  readonly ended: Promise<void>;
  readonly #options: WorkerOptions;
  readonly #id = randomUUID();
  readonly #drain = new AbortController();
  readonly #stop = new AbortController();
  readonly #wakeSignals: WakeSignal[] = [];

  constructor(options: WorkerOptions) {
    checkOptions(options);
    this.#options = options;
    this.ended = this.#run();
  }

  /** Takes no new chunk, and ends when the chunks in progress are done. */
  drain(): Promise<void> {
    this.#drain.abort();
    for (const signal of this.#wakeSignals) signal.wake();
    return this.ended;
  }

  /** Stops the chunks in progress and returns them for other workers; that does not count as an attempt. */
  stop(): Promise<void> {
    this.#stop.abort(new Error("The worker was stopped."));
    return this.drain();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.drain();
  }

  async #run(): Promise<void> {
    const { backend, runnables, concurrency = 1, version = "1" } = this.#options;
    const names = Object.keys(runnables);
    const { notices } = await backend.run(async (session) => {
      for (const name of names) await session.boss.createQueue(queueName(name, version));
      return session;
    });
    await this.#sendHeartbeat(names, version);
    const timer = setInterval(() => void this.#sendHeartbeat(names, version).catch(ignore), HEARTBEAT_MS);
    const leaves: (() => void)[] = [];
    try {
      await Promise.all(
        names.flatMap((name) =>
          Array.from({ length: concurrency }, () => {
            const signal = new WakeSignal();
            this.#wakeSignals.push(signal);
            leaves.push(notices.on(`queue ${queueName(name, version)}`, signal.wake));
            return this.#consumer(name, version).run(signal);
          }),
        ),
      );
    } catch (error) {
      // What ends one consumer ends the others, too.
      void this.stop().catch(ignore);
      throw error;
    } finally {
      clearInterval(timer);
      for (const leave of leaves) leave();
      await this.#unregister().catch(ignore);
    }
  }

  #consumer(name: string, version: string): Consumer {
    const { backend, runnables, codec = structuredCodec, onChunk, onError } = this.#options;
    const { pollMs = 1000, unreadableMs = UNREADABLE_MS } = this.#options;
    return new Consumer({
      backend,
      queue: queueName(name, version),
      name,
      runnable: runnables[name] as Runnable<unknown, unknown>,
      codec,
      pollMs,
      unreadableMs,
      onChunk,
      onError,
      drain: this.#drain.signal,
      stop: this.#stop.signal,
    });
  }

  /** Marks this worker as active, and deletes those without a heartbeat for long. */
  async #sendHeartbeat(names: readonly string[], version: string): Promise<void> {
    await this.#options.backend.run(async ({ database, schema }) => {
      await database.query(
        `INSERT INTO ${schema}.workers AS w (id, name, version) SELECT $1::uuid, unnest($2::text[]), $3::text
          ON CONFLICT (id, name) DO UPDATE SET seen_at = now()`,
        [this.#id, names, version],
      );
      await database.query(`DELETE FROM ${schema}.workers WHERE seen_at < now() - interval '${FORGET_SECONDS} s'`);
    });
  }

  async #unregister(): Promise<void> {
    const { database, schema } = await this.#options.backend.session();
    await database.query(`DELETE FROM ${schema}.workers WHERE id = $1`, [this.#id]);
  }
}

const NAMES: readonly (keyof WorkerOptions)[] = [
  "backend",
  "runnables",
  "version",
  "concurrency",
  "pollMs",
  "unreadableMs",
  "codec",
  "onChunk",
  "onError",
];

function checkOptions(options: WorkerOptions): void {
  requireOptions("createWorker", options, NAMES);
  const { backend, runnables, version = "1", concurrency = 1, codec = structuredCodec } = options;
  const { pollMs = 1000, unreadableMs = UNREADABLE_MS } = options;
  requireBackend(backend);
  const entries = typeof runnables === "object" && runnables !== null ? Object.entries(runnables) : [];
  if (entries.length === 0) throw optionError("runnables", "{ name: runnable }, with one at least", runnables);
  for (const [name, runnable] of entries) {
    queueName(name, version);
    if (!isRunnable(runnable)) throw optionError(`runnables.${name}`, "a Runnable", runnable);
  }
  if (!isCount(concurrency)) throw optionError("concurrency", "a whole number from 1", concurrency);
  for (const [option, ms] of Object.entries({ pollMs, unreadableMs })) {
    if (!(typeof ms === "number" && ms > 0)) throw optionError(option, "milliseconds above 0", ms);
  }
  if (!isCodec(codec)) throw optionError("codec", "an object with encode and decode", codec);
}

function ignore(): void {}
