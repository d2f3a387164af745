import { randomUUID } from "node:crypto";
import { ArgumentError, systemClock, toError } from "@batchwise/core";
import { Bell } from "../bell.ts";
import { forBoss } from "../engine/database.ts";
import type { EncodedOutcome } from "../wire/outcome.ts";
import { insertJobs, type JobTerms, reviveChunks } from "./jobs.ts";
import { type WatchSettings, WorkerWatch } from "./worker-watch.ts";

/** A chunk on its way. */
export interface Letter {
  /** Its name within the batch. A chunk that is there under the same name is not sent again. */
  readonly key: string;
  readonly inputs: Uint8Array;
  readonly size: number;
  /** Call options, as JSON. */
  readonly options: string;
}

/** What a mailbox works by. */
export interface MailboxSettings extends JobTerms, WatchSettings {
  readonly batch: string;
  /** Whether outcomes stay after they have been handed over, for a submitter that comes back. */
  readonly keeps: boolean;
  readonly keepForMs: number;
}

interface Recipient {
  readonly resolve: (outcome: EncodedOutcome) => void;
  readonly reject: (reason: unknown) => void;
}

/** How often outcomes are looked for without a notice, in milliseconds. */
const POLL_MS = 1000;
const WATCH_MS = 5000;
/** Chunks in one transaction. */
const MOST_AT_ONCE = 50;

/**
 * A submitter's side of the queue: puts chunks on it and hands out their outcomes. One loop does both, as long as
 * anything is waited for; what gathers meanwhile goes together.
 */
export class Mailbox {
  readonly #settings: MailboxSettings;
  readonly #watch: WorkerWatch;
  readonly #bell = new Bell();
  readonly #waiting = new Map<string, Recipient>();
  #outbox: Letter[] = [];
  /** Keys of chunks that nobody waits for any more. */
  #done: string[] = [];
  #tending = false;
  #prepared = false;
  #watchAt = Number.NEGATIVE_INFINITY;

  constructor(settings: MailboxSettings) {
    this.#settings = settings;
    this.#watch = new WorkerWatch(settings);
  }

  /**
   * Resolves to the chunk's outcome.
   *
   * @throws the signal's reason, at once, when `signal` is aborted. The chunk is then taken off the queue, unless
   *   outcomes are kept.
   */
  send(letter: Letter, signal?: AbortSignal): Promise<EncodedOutcome> {
    const { key } = letter;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = (): void => this.#settle(key, ({ reject: refuse }) => refuse(signal?.reason));
      const settled = (): void => signal?.removeEventListener("abort", onAbort);
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiting.set(key, {
        resolve: (outcome) => {
          settled();
          resolve(outcome);
        },
        reject: (reason) => {
          settled();
          reject(reason);
        },
      });
      this.#outbox.push(letter);
      this.#wake();
    });
  }

  /** Deletes what the database holds of the batch. */
  async forget(): Promise<void> {
    const { batch } = this.#settings;
    await this.#settings.engine.run(({ database, schema }) =>
      database.query(`DELETE FROM ${schema}.batches WHERE id = $1`, [batch]),
    );
  }

  #wake(): void {
    this.#bell.ring();
    if (!this.#tending) void this.#tend();
  }

  async #tend(): Promise<void> {
    this.#tending = true;
    let leave: (() => void) | undefined;
    try {
      const { notices } = await this.#settings.engine.session();
      leave = notices.on(`batch ${this.#settings.batch}`, this.#bell.ring);
      while (this.#waiting.size > 0 || this.#done.length > 0) await this.#round();
    } catch (error) {
      const reason = toError(error);
      this.#done = [];
      for (const key of this.#waiting.keys()) this.#settle(key, ({ reject }) => reject(reason));
    } finally {
      leave?.();
      this.#tending = false;
    }
    if (this.#waiting.size > 0) this.#wake();
  }

  async #round(): Promise<void> {
    if (!this.#prepared) await this.#prepare();
    await this.#discard();
    if (this.#waiting.size === 0) return;
    if (systemClock.now() >= this.#watchAt) await this.#look();
    await this.#post();
    await this.#collect();
    if (this.#waiting.size > 0 && this.#outbox.length === 0 && this.#done.length === 0) await this.#bell.wait(POLL_MS);
  }

  /** The queue and the batch's row. What nobody has come back for in time is deleted. */
  async #prepare(): Promise<void> {
    const { engine, batch, queue, keepForMs } = this.#settings;
    await engine.run(async ({ boss, database, schema }) => {
      await boss.createQueue(queue);
      await database.query(
        `DELETE FROM ${schema}.batches WHERE seen_at < now() - keep_ms * interval '1 ms' AND id <> $1`,
        [batch],
      );
      const [row] = await database.query<{ queue: string }>(
        `INSERT INTO ${schema}.batches AS b (id, queue, keep_ms) VALUES ($1, $2, $3)
          ON CONFLICT (id) DO UPDATE SET seen_at = now() RETURNING b.queue`,
        [batch, queue, keepForMs],
      );
      if (row?.queue !== queue) {
        throw new ArgumentError(
          "batchId: there is a batch of this id, but of another Runnable or version. Choose another id, or give the " +
            "name and version that it was begun with.",
        );
      }
    });
    this.#prepared = true;
  }

  async #post(): Promise<void> {
    const letters = this.#outbox.splice(0, MOST_AT_ONCE).filter(({ key }) => this.#waiting.has(key));
    if (letters.length === 0) return;
    const { batch } = this.#settings;
    const chunks = letters.map((letter) => ({ letter, key: letter.key, job_id: randomUUID() }));
    const keys = chunks.map(({ key }) => key);
    await this.#settings.engine.transaction(async (transaction, session) => {
      const values = chunks.flatMap(({ letter: { key, size, inputs, options }, job_id }) => [
        key,
        job_id,
        size,
        inputs,
        options,
      ]);
      const rows = chunks.map(
        (_, row) => `($1, ${[2, 3, 4, 5, 6].map((column) => `$${5 * row + column}`).join(", ")})`,
      );
      const added = await transaction.query<{ key: string }>(
        `INSERT INTO ${session.schema}.chunks AS c (batch_id, key, job_id, size, inputs, options)
          VALUES ${rows.join(", ")}
          ON CONFLICT (batch_id, key) DO UPDATE SET job_id = excluded.job_id, inputs = excluded.inputs, deliveries = 0,
            outputs = NULL, outcome = NULL, redo = false WHERE c.redo
          RETURNING c.key`,
        [batch, ...values],
      );
      const isNew = new Set(added.map(({ key }) => key));
      const fresh = chunks.filter(({ key }) => isNew.has(key));
      await insertJobs(fresh, batch, this.#settings, transaction, session);
      if (fresh.length < keys.length) {
        const known = keys.filter((key) => !isNew.has(key));
        await reviveChunks(known, batch, this.#settings, transaction, session);
      }
    });
  }

  async #collect(): Promise<void> {
    const rows = await this.#settings.engine.run(({ database, schema }) =>
      database.query<EncodedOutcome & { readonly key: string }>(
        `SELECT key, outputs, outcome FROM ${schema}.chunks
          WHERE batch_id = $1 AND key = ANY($2::text[]) AND outcome IS NOT NULL`,
        [this.#settings.batch, [...this.#waiting.keys()]],
      ),
    );
    for (const { key, ...outcome } of rows) this.#settle(key, ({ resolve }) => resolve(outcome));
  }

  /** Says that the batch is still wanted, that its chunks have jobs, and whether anybody is there to do them. */
  async #look(): Promise<void> {
    const { engine, batch, noWorkerMs } = this.#settings;
    const unsent = new Set(this.#outbox.map(({ key }) => key));
    const sent = [...this.#waiting.keys()].filter((key) => !unsent.has(key));
    await engine.transaction(async (transaction, session) => {
      await transaction.query(`UPDATE ${session.schema}.batches SET seen_at = now() WHERE id = $1`, [batch]);
      if (sent.length > 0) await reviveChunks(sent, batch, this.#settings, transaction, session);
    });
    this.#watchAt = systemClock.now() + Math.min(WATCH_MS, noWorkerMs);
    const missing = await this.#watch.look(this.#waiting.size);
    if (missing === undefined) return;
    // Whoever comes next is told at once, unless a worker has come by then.
    this.#watchAt = Number.NEGATIVE_INFINITY;
    for (const key of this.#waiting.keys()) this.#settle(key, ({ reject }) => reject(missing));
  }

  /** Takes chunks off the queue, or deletes them, that are of no more use. */
  async #discard(): Promise<void> {
    const keys = this.#done.splice(0);
    if (keys.length === 0) return;
    const { batch, queue } = this.#settings;
    await this.#settings.engine.transaction(async (transaction, { boss, schema }) => {
      const chunks = await transaction.query<{ job_id: string; answered: boolean }>(
        `DELETE FROM ${schema}.chunks WHERE batch_id = $1 AND key = ANY($2::text[])
          RETURNING job_id, outcome IS NOT NULL AS answered`,
        [batch, keys],
      );
      const unwanted = chunks.filter(({ answered }) => !answered).map(({ job_id }) => job_id);
      if (unwanted.length > 0) await boss.cancel(queue, unwanted, { db: forBoss(transaction) });
    });
  }

  #settle(key: string, how: (recipient: Recipient) => void): void {
    const recipient = this.#waiting.get(key);
    if (recipient === undefined) return;
    this.#waiting.delete(key);
    if (!this.#settings.keeps) this.#done.push(key);
    how(recipient);
    this.#bell.ring();
  }
}
