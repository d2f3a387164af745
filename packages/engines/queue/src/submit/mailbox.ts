import { ArgumentError, systemClock, toError } from "@batchwise/core";
import { Bell } from "../bell.ts";
import { type JobTerms, reviveChunks } from "./jobs.ts";
import type { Answer, Delivery, Letter, Route } from "./letter.ts";
import { post } from "./post.ts";
import { Recipient } from "./recipient.ts";
import { type Arrival, collect, discard, forget, register } from "./tables.ts";
import { type WatchSettings, WorkerWatch } from "./worker-watch.ts";

/** What a mailbox works by. */
export interface MailboxSettings extends JobTerms, WatchSettings {
  readonly batch: string;
  /** Whether results stay after they have been handed over, for a submitter that comes back. */
  readonly keeps: boolean;
  readonly keepForMs: number;
}

/** How often results are looked for without a notice, in milliseconds. */
const POLL_MS = 1000;
const WATCH_MS = 5000;
/** Letters in one transaction. */
const MOST_AT_ONCE = 50;

/**
 * A submitter's side of the queue: posts letters and hands out what comes back. One loop does both, as long as anything
 * is waited for; what gathers meanwhile goes together.
 */
export class Mailbox {
  readonly #settings: MailboxSettings;
  readonly #watch: WorkerWatch;
  readonly #bell = new Bell();
  /** Who waits, by the letter's id. */
  readonly #waiting = new Map<string, Recipient>();
  /** What is on its way, by the chunk's id: what of it is for which letter. */
  readonly #awaited = new Map<string, Map<string, readonly Delivery[]>>();
  #outbox: Letter[] = [];
  /** Chunks that nobody waits for any more. */
  #done: string[] = [];
  #tending = false;
  #prepared = false;
  #watchAt = Number.NEGATIVE_INFINITY;

  constructor(settings: MailboxSettings) {
    this.#settings = settings;
    this.#watch = new WorkerWatch(settings);
  }

  /**
   * Resolves to what became of the letter's inputs.
   *
   * @throws the signal's reason, at once, when `signal` is aborted. What was queued for it is then taken off the queue,
   *   unless results are kept.
   */
  send(letter: Letter, signal?: AbortSignal): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    if (signal?.aborted) {
      reject(signal.reason);
      return promise;
    }
    const onAbort = (): void => this.#settle(letter.id, (recipient) => recipient.reject(signal?.reason));
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#waiting.set(letter.id, new Recipient(letter, resolve, reject));
    this.#outbox.push(letter);
    this.#bell.ring();
    if (!this.#tending) void this.#tend();
    return promise.finally(() => signal?.removeEventListener("abort", onAbort));
  }

  /** Deletes what the database holds of the batch. */
  async forget(): Promise<void> {
    const { engine, batch } = this.#settings;
    await engine.transaction((transaction, { schema }) => forget("id = $1", batch, transaction, schema));
    this.#prepared = false;
  }

  async #tend(): Promise<void> {
    this.#tending = true;
    let leave: (() => void) | undefined;
    try {
      const { notices } = await this.#settings.engine.session();
      leave = notices.on(`batch ${this.#settings.batch}`, this.#bell.ring);
      while (this.#waiting.size > 0 || this.#done.length > 0) await this.#round();
    } catch (error) {
      this.#done = [];
      this.#rejectAll(toError(error));
    } finally {
      leave?.();
      this.#tending = false;
    }
    if (this.#waiting.size > 0) void this.#tend();
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

  async #prepare(): Promise<void> {
    const { engine, batch, queue, keepForMs } = this.#settings;
    await engine.run(({ boss }) => boss.createQueue(queue));
    const owner = await engine.transaction((transaction, { schema }) =>
      register(batch, queue, keepForMs, transaction, schema),
    );
    if (owner !== queue) {
      throw new ArgumentError(
        "batchId: there is a batch of this id, but of another Runnable or version. Choose another id, or give the " +
          "name and version that it was begun with.",
      );
    }
    this.#prepared = true;
  }

  async #post(): Promise<void> {
    const { engine, batch } = this.#settings;
    const letters = this.#outbox.splice(0, MOST_AT_ONCE).filter(({ id }) => this.#waiting.has(id));
    if (letters.length === 0) return;
    const routes = await engine.transaction((transaction, session) =>
      post(letters, batch, this.#settings, transaction, session),
    );
    for (const route of routes) this.#follow(route);
  }

  #follow({ letter: { id }, known, awaited }: Route): void {
    const recipient = this.#waiting.get(id);
    if (recipient === undefined) return;
    for (const [place, result] of known) recipient.put(place, result);
    for (const [chunk, deliveries] of awaited) {
      const letters = this.#awaited.get(chunk) ?? new Map<string, readonly Delivery[]>();
      this.#awaited.set(chunk, letters.set(id, deliveries));
    }
    if (recipient.isComplete) this.#settle(id, () => recipient.resolve());
  }

  async #collect(): Promise<void> {
    if (this.#awaited.size === 0) return;
    const arrivals = await this.#settings.engine.run((session) => collect([...this.#awaited.keys()], session));
    for (const arrival of arrivals) this.#handOut(arrival);
  }

  #handOut({ chunk, report, results }: Arrival): void {
    const letters = this.#awaited.get(chunk);
    this.#awaited.delete(chunk);
    let said = false;
    for (const [id, deliveries] of letters ?? []) {
      const recipient = this.#waiting.get(id);
      if (recipient === undefined) continue;
      for (const { at, place } of deliveries) recipient.put(place, results[at]!);
      // Once: what the chunk used is not to be counted for each letter that has something of it.
      if (!said) recipient.note(report);
      said = true;
      if (recipient.isComplete) this.#settle(id, () => recipient.resolve());
    }
  }

  /** Says that the batch is still wanted, that its chunks have jobs, and whether anybody is there to do them. */
  async #look(): Promise<void> {
    const { engine, batch, noWorkerMs } = this.#settings;
    await engine.transaction(async (transaction, session) => {
      await transaction.query(`UPDATE ${session.schema}.batches SET seen_at = now() WHERE id = $1`, [batch]);
      await reviveChunks([...this.#awaited.keys()], batch, this.#settings, transaction, session);
    });
    this.#watchAt = systemClock.now() + Math.min(WATCH_MS, noWorkerMs);
    const missing = await this.#watch.look(this.#waiting.size);
    if (missing === undefined) return;
    // Whoever comes next is told at once, unless a worker has come by then.
    this.#watchAt = Number.NEGATIVE_INFINITY;
    this.#rejectAll(missing);
  }

  /** Takes chunks off the queue, or deletes them, that are of no more use. */
  async #discard(): Promise<void> {
    const chunks = this.#done.splice(0);
    if (chunks.length === 0) return;
    const { engine, queue } = this.#settings;
    await engine.transaction((transaction, session) => discard(chunks, queue, transaction, session));
  }

  #rejectAll(reason: Error): void {
    for (const id of this.#waiting.keys()) this.#settle(id, (recipient) => recipient.reject(reason));
  }

  #settle(id: string, how: (recipient: Recipient) => void): void {
    const recipient = this.#waiting.get(id);
    if (recipient === undefined) return;
    this.#waiting.delete(id);
    for (const [chunk, letters] of this.#awaited) {
      if (letters.delete(id) && letters.size === 0) this.#awaited.delete(chunk);
    }
    if (!this.#settings.keeps) this.#done.push(id);
    how(recipient);
    this.#bell.ring();
  }
}
