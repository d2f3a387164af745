import { type Runnable, systemClock } from "@batchwise/core";
import type { Job } from "pg-boss";
import { forBoss } from "../backend/database.ts";
import type { QueueBackend } from "../backend/queue-backend.ts";
import { isJobData, type JobData } from "../submit/jobs.ts";
import type { WakeSignal } from "../wake-signal.ts";
import type { Codec } from "../wire/codec.ts";
import { joinParts, type Parts } from "../wire/parts.ts";
import { encodeResult, type Outcome } from "../wire/result.ts";
import { ChunkOutage } from "./chunk-outage.ts";
import { affected, Lease } from "./lease.ts";
import { leaveJob } from "./leave-job.ts";
import { lostOutcome, readChunk, unreadOutcome, work } from "./work.ts";

/** Event at the end of a chunk's delivery to a worker. */
export interface ChunkEvent {
  /** The Runnable's name. */
  readonly name: string;
  readonly inputs: number;
  readonly failed: number;
  /** Number of this delivery of the chunk, from 1. */
  readonly delivery: number;
  readonly durationMs: number;
  /** "lost": the chunk had gone to another worker by then, and the results of this one are not used. */
  readonly status: "answered" | "returned" | "lost";
}

/** Settings of a consumer. */
export interface ConsumerSettings {
  readonly backend: QueueBackend;
  readonly queue: string;
  readonly name: string;
  readonly runnable: Runnable<unknown, unknown>;
  readonly codec: Codec;
  readonly pollMs: number;
  readonly unreadableMs: number;
  readonly onChunk: ((event: ChunkEvent) => void) | undefined;
  readonly onError: ((error: Error, name: string) => void) | undefined;
  /** Aborted: takes no new chunk. */
  readonly drain: AbortSignal;
  /** Aborted: stops the chunk in progress and returns it. */
  readonly stop: AbortSignal;
}

interface Chunk {
  readonly inputs: Uint8Array;
  readonly sizes: readonly number[];
  readonly options: string;
  readonly deliveries: number;
}

/** Deliveries to others in the time for which they are left to them. */
const LEAVES = 12;

/** Consumer of one queue: works on one chunk after another. */
export class Consumer {
  readonly #settings: ConsumerSettings;
  /** Times at which chunks were first found to be unreadable here. */
  readonly #unread = new Map<string, number>();
  readonly #outage: ChunkOutage;

  constructor(settings: ConsumerSettings) {
    this.#settings = settings;
    this.#outage = new ChunkOutage(settings.runnable, systemClock);
  }

  /** Works until `drain` is aborted. */
  async run(wakeSignal: WakeSignal): Promise<void> {
    const { backend, queue, pollMs, drain } = this.#settings;
    while (!drain.aborted) {
      const [job] = await backend.run(({ boss }) => boss.fetch<JobData>(queue));
      if (job === undefined) await wakeSignal.wait(pollMs);
      else await this.#handle(job);
    }
  }

  async #handle(job: Job<JobData>): Promise<void> {
    const { backend, queue, name, stop, onChunk } = this.#settings;
    if (!isJobData(job.data)) return this.#leave(job);
    const startedAt = systemClock.now();
    using lease = new Lease(backend, queue, job, job.heartbeatSeconds);
    const chunk = await this.#claim(job);
    if (chunk === undefined) {
      // The chunk is no longer wanted, or is done.
      await backend.run(({ boss }) => boss.complete(queue, job));
      return;
    }
    const outcome = await this.#work(job, chunk, AbortSignal.any([lease.lost, stop]));
    const isReturned = stop.aborted || outcome === undefined;
    const held = !lease.lost.aborted && (await (isReturned ? this.#return(job, outcome) : this.#answer(job, outcome)));
    onChunk?.({
      name,
      inputs: chunk.sizes.length,
      failed: outcome?.slots.filter((slot) => slot instanceof Error).length ?? 0,
      delivery: chunk.deliveries,
      durationMs: systemClock.now() - startedAt,
      status: held ? (isReturned ? "returned" : "answered") : "lost",
    });
  }

  /** Counts the delivery before any work, so that one whose worker ends over the chunk counts. */
  async #claim({ id, data }: Job<JobData>): Promise<Chunk | undefined> {
    const [chunk] = await this.#settings.backend.run(({ database, schema }) =>
      database.query<Chunk>(
        `UPDATE ${schema}.chunks SET deliveries = deliveries + 1
          WHERE id = $1 AND job_id = $2 AND report IS NULL
          RETURNING inputs, sizes, options, deliveries`,
        [data.chunk, id],
      ),
    );
    return chunk;
  }

  /** Outcome of a chunk; undefined where it is left for later: this worker cannot read it, or its provider is gone. */
  async #work({ data }: Job<JobData>, chunk: Chunk, signal: AbortSignal): Promise<Outcome | undefined> {
    const { name, runnable, codec, onError, unreadableMs } = this.#settings;
    const size = chunk.sizes.length;
    if (chunk.deliveries > data.attempts) return lostOutcome(size, data.attempts);
    const read = readChunk({ bytes: chunk.inputs, sizes: chunk.sizes }, chunk.options, codec);
    if (read === undefined) {
      const since = this.#unread.get(data.chunk) ?? systemClock.now();
      this.#unread.set(data.chunk, since);
      if (systemClock.now() - since < unreadableMs) return undefined;
    }
    this.#unread.delete(data.chunk);
    if (read === undefined) return unreadOutcome(size);
    const outcome = await work(runnable, read.inputs, read.callOptions, signal);
    if (this.#outage.holds(data.chunk, outcome.slots)) return undefined;
    if (onError !== undefined && !signal.aborted) {
      for (const error of new Set(outcome.slots.filter((slot) => slot instanceof Error))) onError(error, name);
    }
    return outcome;
  }

  /**
   * Writes the results and completes the job, both or neither. Returns false where the delivery was lost: then nothing
   * is written.
   */
  #answer(job: Job<JobData>, { slots, ...report }: Outcome): Promise<boolean> {
    const { backend, queue, codec } = this.#settings;
    const { batch, chunk } = job.data;
    const results = slots.map((slot) => encodeResult(slot, codec));
    const failures = results.map(({ failure }) => failure);
    // As one value: an array of byte strings would be sent as text of twice the length.
    const outputs = joinParts(results.map(({ output }) => output ?? NOTHING));
    return backend.transaction(async (transaction, { boss, notices, schema }) => {
      if (affected(await boss.complete(queue, job, null, { db: forBoss(transaction) })) === 0) return false;
      await transaction.query(
        `WITH done AS (
          UPDATE ${schema}.chunks SET report = $2, inputs = NULL, sizes = NULL WHERE id = $1
            RETURNING batch_id, indexes, names
        )
        INSERT INTO ${schema}.results (batch_id, index, name, output, failure)
          SELECT batch_id, indexes[at], names[at],
            CASE WHEN failure IS NULL THEN substr($3::bytea, start + 1, size) END, failure
          FROM done, unnest($4::int[], $5::int[], $6::text[]) WITH ORDINALITY AS each (start, size, failure, at)
          -- It had failed before, and was sent again.
          ON CONFLICT (batch_id, index) DO UPDATE SET output = excluded.output, failure = excluded.failure`,
        [chunk, JSON.stringify(report), outputs.bytes, startsOf(outputs), outputs.sizes, failures],
      );
      await notices.send(`batch ${batch}`, transaction);
      return true;
    });
  }

  /** Returns the chunk for another worker. This delivery does not count. Without an outcome, it is left to others for a while. */
  #return(job: Job<JobData>, outcome: Outcome | undefined): Promise<boolean> {
    const { backend, queue, unreadableMs } = this.#settings;
    const delayMs = outcome === undefined ? unreadableMs / LEAVES : 0;
    return backend.transaction(async (transaction, session) => {
      if (!(await leaveJob(queue, job, delayMs, transaction, session))) return false;
      await transaction.query(`UPDATE ${session.schema}.chunks SET deliveries = deliveries - 1 WHERE id = $1`, [
        job.data.chunk,
      ]);
      await session.notices.send(`queue ${queue}`, transaction);
      return true;
    });
  }

  /** Leaves a message that is not a chunk's to workers that know it. */
  async #leave(job: Job<unknown>): Promise<void> {
    const { backend, queue, unreadableMs } = this.#settings;
    await backend.transaction((transaction, session) => leaveJob(queue, job, unreadableMs, transaction, session));
  }
}

const NOTHING = new Uint8Array();

function startsOf({ sizes }: Parts): number[] {
  let next = 0;
  return sizes.map((size) => (next += size) - size);
}
