import { randomUUID } from "node:crypto";
import { ArgumentError, isRunnable, type Runnable } from "@batchwise/core";
import { Bell } from "../bell.ts";
import { QueueEngine } from "../engine/queue-engine.ts";
import { queueName } from "../queue-name.ts";
import { isCodec, isCount } from "../submit/options.ts";
import { type Codec, structuredCodec } from "../wire/codec.ts";
import { type ChunkEvent, Lane } from "./lane.ts";

/** Options of `createWorker`. */
export interface WorkerOptions {
  /** Where the chunks wait; the same database as the submitters'. */
  readonly engine: QueueEngine;
  /** What the worker runs, by the names that the submitters use. */
  // oxlint-disable-next-line typescript/no-explicit-any -- inputs vary one way and outputs the other: only `any` holds both
  readonly runnables: Readonly<Record<string, Runnable<any, any>>>;
  /** Only chunks of this version are taken. @default "1" */
  readonly version?: string;
  /** Chunks of each Runnable that are worked on at once. A whole number from 1. @default 1 */
  readonly concurrency?: number;
  /** How often an idle worker looks for work that no notice told it of, in milliseconds. @default 1000 */
  readonly pollMs?: number;
  /** The submitters' codec. @default Node's structured clone */
  readonly codec?: Codec;
  /** Each time a chunk is done. */
  readonly onChunk?: (event: ChunkEvent) => void;
  /** An item's failure, as it was thrown: with the message and the cause that do not travel to the submitter. */
  readonly onError?: (error: Error, name: string) => void;
}

const BEAT_MS = 5000;
const FORGET_SECONDS = 60;

/**
 * Starts to work on the chunks of these Runnables, each by its own `batch`. It goes on until `drain` or `stop`.
 *
 * @throws ArgumentError for what is no Runnable, and for an option that holds what it cannot.
 *
 * @example
 * await using worker = createWorker({ engine: postgresEngine(), runnables: { embed: embeddings } });
 * await worker.ended;
 */
export function createWorker(options: WorkerOptions): Worker {
  return new Worker(options);
}

/** What `createWorker` returns. */
export class Worker implements AsyncDisposable {
  /** Resolves when the worker has ended. Rejects with a QueueDatabaseError when its database is gone for too long. */
  readonly ended: Promise<void>;
  readonly #options: WorkerOptions;
  readonly #id = randomUUID();
  readonly #drain = new AbortController();
  readonly #stop = new AbortController();
  readonly #bells: Bell[] = [];

  constructor(options: WorkerOptions) {
    checkOptions(options);
    this.#options = options;
    this.ended = this.#run();
  }

  /** Takes nothing new, and ends when the chunks under way are done. */
  drain(): Promise<void> {
    this.#drain.abort();
    for (const bell of this.#bells) bell.ring();
    return this.ended;
  }

  /** Stops the chunks under way and puts them back for other workers; that counts as no attempt. */
  stop(): Promise<void> {
    this.#stop.abort(new Error("The worker was stopped."));
    return this.drain();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.drain();
  }

  async #run(): Promise<void> {
    const { engine, runnables, concurrency = 1, version = "1" } = this.#options;
    const names = Object.keys(runnables);
    const { notices } = await engine.run(async (session) => {
      for (const name of names) await session.boss.createQueue(queueName(name, version));
      return session;
    });
    await this.#beat(names, version);
    const beating = setInterval(() => void this.#beat(names, version).catch(ignore), BEAT_MS);
    const leaves: (() => void)[] = [];
    try {
      await Promise.all(
        names.flatMap((name) =>
          Array.from({ length: concurrency }, () => {
            const bell = new Bell();
            this.#bells.push(bell);
            leaves.push(notices.on(`queue ${queueName(name, version)}`, bell.ring));
            return this.#lane(name, version).run(bell);
          }),
        ),
      );
    } catch (error) {
      // One lane cannot go on, and so no other one can.
      void this.stop().catch(ignore);
      throw error;
    } finally {
      clearInterval(beating);
      for (const leave of leaves) leave();
      await this.#sayGoodbye().catch(ignore);
    }
  }

  #lane(name: string, version: string): Lane {
    const { engine, runnables, codec = structuredCodec, pollMs = 1000, onChunk, onError } = this.#options;
    return new Lane({
      engine,
      queue: queueName(name, version),
      name,
      runnable: runnables[name] as Runnable<unknown, unknown>,
      codec,
      pollMs,
      onChunk,
      onError,
      drain: this.#drain.signal,
      stop: this.#stop.signal,
    });
  }

  /** Says that this worker is there, and forgets those who have not said so for long. */
  async #beat(names: readonly string[], version: string): Promise<void> {
    await this.#options.engine.run(async ({ database, schema }) => {
      await database.query(
        `INSERT INTO ${schema}.workers AS w (id, name, version) SELECT $1::uuid, unnest($2::text[]), $3::text
          ON CONFLICT (id, name) DO UPDATE SET seen_at = now()`,
        [this.#id, names, version],
      );
      await database.query(`DELETE FROM ${schema}.workers WHERE seen_at < now() - interval '${FORGET_SECONDS} s'`);
    });
  }

  async #sayGoodbye(): Promise<void> {
    const { database, schema } = await this.#options.engine.session();
    await database.query(`DELETE FROM ${schema}.workers WHERE id = $1`, [this.#id]);
  }
}

function checkOptions(options: WorkerOptions): void {
  const { engine, runnables, version = "1", concurrency = 1, pollMs = 1000, codec = structuredCodec } = options;
  if (!(engine instanceof QueueEngine)) throw new ArgumentError("engine: expected postgresEngine() or pgliteEngine().");
  const entries = typeof runnables === "object" && runnables !== null ? Object.entries(runnables) : [];
  if (entries.length === 0) throw new ArgumentError("runnables: expected { name: runnable }, with one at least.");
  for (const [name, runnable] of entries) {
    queueName(name, version);
    if (!isRunnable(runnable)) {
      throw new ArgumentError(`runnables.${name}: expected a Runnable, got a value of type ${typeof runnable}.`);
    }
  }
  if (!isCount(concurrency)) throw new ArgumentError("concurrency: expected a whole number from 1.");
  if (!(typeof pollMs === "number" && pollMs > 0)) throw new ArgumentError("pollMs: expected milliseconds above 0.");
  if (!isCodec(codec)) throw new ArgumentError("codec: expected an object with encode and decode.");
}

function ignore(): void {}
