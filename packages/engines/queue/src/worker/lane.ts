import { type Runnable, systemClock } from "@batchwise/core";
import type { Job } from "pg-boss";
import type { Bell } from "../bell.ts";
import { forBoss } from "../engine/database.ts";
import type { QueueEngine } from "../engine/queue-engine.ts";
import type { JobData } from "../submit/jobs.ts";
import type { Codec } from "../wire/codec.ts";
import { joinParts, type Parts } from "../wire/parts.ts";
import { encodeResult, type Outcome } from "../wire/result.ts";
import { affected, Lease } from "./lease.ts";
import { lostOutcome, readInputs, work } from "./work.ts";

/** A chunk that a worker is through with. */
export interface ChunkEvent {
  /** The Runnable's name. */
  readonly name: string;
  readonly inputs: number;
  readonly failed: number;
  /** Which delivery of the chunk this was, from 1. */
  readonly delivery: number;
  readonly durationMs: number;
  /** "lost": it had gone to another worker by then, and what was done here counts for nothing. */
  readonly status: "answered" | "returned" | "lost";
}

/** What a lane works by. */
export interface LaneSettings {
  readonly engine: QueueEngine;
  readonly queue: string;
  readonly name: string;
  readonly runnable: Runnable<unknown, unknown>;
  readonly codec: Codec;
  readonly pollMs: number;
  readonly onChunk: ((event: ChunkEvent) => void) | undefined;
  readonly onError: ((error: Error, name: string) => void) | undefined;
  /** Aborted: takes nothing new. */
  readonly drain: AbortSignal;
  /** Aborted: stops what is under way and gives it back. */
  readonly stop: AbortSignal;
}

interface Chunk {
  readonly inputs: Uint8Array;
  readonly sizes: readonly number[];
  readonly options: string;
  readonly deliveries: number;
}

/** Works on one chunk after another of one queue. */
export class Lane {
  readonly #settings: LaneSettings;

  constructor(settings: LaneSettings) {
    this.#settings = settings;
  }

  /** Ends when it is asked to. */
  async run(bell: Bell): Promise<void> {
    const { engine, queue, pollMs, drain } = this.#settings;
    while (!drain.aborted) {
      const [job] = await engine.run(({ boss }) => boss.fetch<JobData>(queue));
      if (job === undefined) await bell.wait(pollMs);
      else await this.#serve(job);
    }
  }

  async #serve(job: Job<JobData>): Promise<void> {
    const { engine, queue, name, stop, onChunk } = this.#settings;
    const startedAt = systemClock.now();
    using lease = new Lease(engine, queue, job, job.heartbeatSeconds);
    const chunk = await this.#claim(job);
    if (chunk === undefined) {
      // Nobody wants it any more, or it has its outcome.
      await engine.run(({ boss }) => boss.complete(queue, job));
      return;
    }
    const outcome = await this.#work(job, chunk, AbortSignal.any([lease.lost, stop]));
    const returns = stop.aborted;
    const held = !lease.lost.aborted && (await (returns ? this.#giveBack(job) : this.#answer(job, outcome)));
    onChunk?.({
      name,
      inputs: chunk.sizes.length,
      failed: outcome.slots.filter((slot) => slot instanceof Error).length,
      delivery: chunk.deliveries,
      durationMs: systemClock.now() - startedAt,
      status: held ? (returns ? "returned" : "answered") : "lost",
    });
  }

  /** Counts the delivery before any work: a worker that ends over the chunk has left its mark. */
  async #claim({ id, data }: Job<JobData>): Promise<Chunk | undefined> {
    const [chunk] = await this.#settings.engine.run(({ database, schema }) =>
      database.query<Chunk>(
        `UPDATE ${schema}.chunks SET deliveries = deliveries + 1
          WHERE id = $1 AND job_id = $2 AND report IS NULL
          RETURNING inputs, sizes, options, deliveries`,
        [data.chunk, id],
      ),
    );
    return chunk;
  }

  async #work({ data }: Job<JobData>, chunk: Chunk, signal: AbortSignal): Promise<Outcome> {
    const { name, runnable, codec, onError } = this.#settings;
    if (chunk.deliveries > data.attempts) return lostOutcome(chunk.sizes.length, data.attempts);
    const inputs = readInputs({ bytes: chunk.inputs, sizes: chunk.sizes }, codec);
    if ("slots" in inputs) return inputs;
    const outcome = await work(runnable, inputs, JSON.parse(chunk.options) as object, signal);
    if (onError !== undefined && !signal.aborted) {
      for (const error of new Set(outcome.slots.filter((slot) => slot instanceof Error))) onError(error, name);
    }
    return outcome;
  }

  /**
   * Writes the results and completes the job, both or neither. Returns false where the delivery was not held any more:
   * then nothing is written.
   */
  #answer(job: Job<JobData>, { slots, ...report }: Outcome): Promise<boolean> {
    const { engine, queue, codec } = this.#settings;
    const { batch, chunk } = job.data;
    const results = slots.map((slot) => encodeResult(slot, codec));
    const failures = results.map(({ failure }) => failure);
    // As one value, which goes as it is: an array of byte strings would be written out in twice the length.
    const outputs = joinParts(results.map(({ output }) => output ?? NOTHING));
    return engine.transaction(async (transaction, { boss, notices, schema }) => {
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

  /** Puts the chunk back for another worker. This delivery does not count. */
  #giveBack(job: Job<JobData>): Promise<boolean> {
    const { engine, queue } = this.#settings;
    return engine.transaction(async (transaction, { boss, notices, schema }) => {
      if (affected(await boss.fail(queue, job, null, { db: forBoss(transaction) })) === 0) return false;
      await transaction.query(`UPDATE ${schema}.chunks SET deliveries = deliveries - 1 WHERE id = $1`, [
        job.data.chunk,
      ]);
      await notices.send(`queue ${queue}`, transaction);
      return true;
    });
  }
}

const NOTHING = new Uint8Array();

function startsOf({ sizes }: Parts): number[] {
  let next = 0;
  return sizes.map((size) => (next += size) - size);
}
