import { ArgumentError, systemClock, toError } from "@batchwise/core";
import { WakeSignal } from "../wake-signal.ts";
import { enqueue } from "./enqueue.ts";
import { type JobTerms, reviveChunks } from "./jobs.ts";
import { PendingSubmission } from "./pending-submission.ts";
import type { Answer, AwaitedSlot, Receipt, Submission } from "./submission.ts";
import { collect, type DoneChunk, discard, forget, register } from "./tables.ts";
import { type WatchSettings, WorkerWatch } from "./worker-watch.ts";

/** Settings of a client. */
export interface ClientSettings extends JobTerms, WatchSettings {
  readonly batch: string;
  /** Keeps results after they were handed over, for a submitter that comes back. */
  readonly keeps: boolean;
  readonly keepForMs: number;
}

/** Milliseconds between two looks for results without a notice. */
const POLL_MS = 1000;
const WATCH_MS = 5000;
/** Submissions in one transaction. */
const MOST_AT_ONCE = 50;

/**
 * Client of the queue for one batch: enqueues submissions and hands out their results. One loop does both while any
 * submission is pending; those that gather meanwhile go together.
 */
export class QueueClient {
  readonly #settings: ClientSettings;
  readonly #watch: WorkerWatch;
  readonly #wakeSignal = new WakeSignal();
  /** By the submission's id. */
  readonly #pending = new Map<string, PendingSubmission>();
  /** Slots that wait for a chunk, by the chunk's id and the submission's. */
  readonly #awaited = new Map<string, Map<string, readonly AwaitedSlot[]>>();
  #unsent: Submission[] = [];
  /** Chunks that no submission needs any more. */
  #unneeded: string[] = [];
  #isRunning = false;
  #isPrepared = false;
  #watchAt = Number.NEGATIVE_INFINITY;

  constructor(settings: ClientSettings) {
    this.#settings = settings;
    this.#watch = new WorkerWatch(settings);
  }

  /**
   * Resolves to the answer to a submission.
   *
   * @throws the signal's reason, at once, when `signal` is aborted. Its chunks are then taken off the queue, unless
   *   results are kept.
   */
  send(submission: Submission, signal?: AbortSignal): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    if (signal?.aborted) {
      reject(signal.reason);
      return promise;
    }
    const onAbort = (): void => this.#settle(submission.id, (pending) => pending.reject(signal?.reason));
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#pending.set(submission.id, new PendingSubmission(submission, resolve, reject));
    this.#unsent.push(submission);
    this.#wakeSignal.wake();
    if (!this.#isRunning) void this.#run();
    return promise.finally(() => signal?.removeEventListener("abort", onAbort));
  }

  /** Deletes what the database holds of the batch. */
  async forget(): Promise<void> {
    const { backend, batch } = this.#settings;
    await backend.transaction((transaction, { schema }) => forget("id = $1", batch, transaction, schema));
    this.#isPrepared = false;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    let leave: (() => void) | undefined;
    try {
      const { notices } = await this.#settings.backend.session();
      leave = notices.on(`batch ${this.#settings.batch}`, this.#wakeSignal.wake);
      while (this.#pending.size > 0 || this.#unneeded.length > 0) await this.#round();
    } catch (error) {
      this.#unneeded = [];
      this.#rejectAll(toError(error));
    } finally {
      leave?.();
      this.#isRunning = false;
    }
    if (this.#pending.size > 0) void this.#run();
  }

  async #round(): Promise<void> {
    if (!this.#isPrepared) await this.#prepare();
    await this.#discard();
    if (this.#pending.size === 0) return;
    if (systemClock.now() >= this.#watchAt) await this.#checkChunks();
    await this.#enqueue();
    await this.#collect();
    const isIdle = this.#unsent.length === 0 && this.#unneeded.length === 0;
    if (this.#pending.size > 0 && isIdle) await this.#wakeSignal.wait(POLL_MS);
  }

  async #prepare(): Promise<void> {
    const { backend, batch, queue, keepForMs } = this.#settings;
    await backend.run(({ boss }) => boss.createQueue(queue));
    const owner = await backend.transaction((transaction, { schema }) =>
      register(batch, queue, keepForMs, transaction, schema),
    );
    if (owner !== queue) {
      throw new ArgumentError(
        "Expected `batchId` to be a batch of this Runnable and version, got one of another Runnable or version. Choose " +
          "another id, or give the name and version that it was begun with.",
      );
    }
    this.#isPrepared = true;
  }

  async #enqueue(): Promise<void> {
    const { backend, batch } = this.#settings;
    const submissions = this.#unsent.splice(0, MOST_AT_ONCE).filter(({ id }) => this.#pending.has(id));
    if (submissions.length === 0) return;
    const receipts = await backend.transaction((transaction, session) =>
      enqueue(submissions, batch, this.#settings, transaction, session),
    );
    for (const receipt of receipts) this.#track(receipt);
  }

  #track({ submission: { id }, known, awaited }: Receipt): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    for (const [place, result] of known) pending.put(place, result);
    for (const [chunk, slots] of awaited) {
      const submissions = this.#awaited.get(chunk) ?? new Map<string, readonly AwaitedSlot[]>();
      this.#awaited.set(chunk, submissions.set(id, slots));
    }
    if (pending.isComplete) this.#settle(id, () => pending.resolve());
  }

  async #collect(): Promise<void> {
    if (this.#awaited.size === 0) return;
    const chunks = await this.#settings.backend.run((session) => collect([...this.#awaited.keys()], session));
    for (const chunk of chunks) this.#handOut(chunk);
  }

  #handOut({ chunk, report, results }: DoneChunk): void {
    const submissions = this.#awaited.get(chunk);
    this.#awaited.delete(chunk);
    let isReported = false;
    for (const [id, slots] of submissions ?? []) {
      const pending = this.#pending.get(id);
      if (pending === undefined) continue;
      for (const { at, place } of slots) pending.put(place, results[at]!);
      // Once: the chunk's usage must not count for each submission that shares it.
      if (!isReported) pending.addReport(report);
      isReported = true;
      if (pending.isComplete) this.#settle(id, () => pending.resolve());
    }
  }

  /** Marks the batch as wanted, renews jobs that are gone, and checks that there are workers. */
  async #checkChunks(): Promise<void> {
    const { backend, batch, noWorkerMs } = this.#settings;
    await backend.transaction(async (transaction, session) => {
      await transaction.query(`UPDATE ${session.schema}.batches SET seen_at = now() WHERE id = $1`, [batch]);
      await reviveChunks([...this.#awaited.keys()], batch, this.#settings, transaction, session);
    });
    this.#watchAt = systemClock.now() + Math.min(WATCH_MS, noWorkerMs);
    const missing = await this.#watch.check(this.#pending.size);
    if (missing === undefined) return;
    // The next submission fails at once, unless there is a worker by then.
    this.#watchAt = Number.NEGATIVE_INFINITY;
    this.#rejectAll(missing);
  }

  /** Deletes chunks that are no longer needed, and takes them off the queue. */
  async #discard(): Promise<void> {
    const chunks = this.#unneeded.splice(0);
    if (chunks.length === 0) return;
    const { backend, queue } = this.#settings;
    await backend.transaction((transaction, session) => discard(chunks, queue, transaction, session));
  }

  #rejectAll(reason: Error): void {
    for (const id of this.#pending.keys()) this.#settle(id, (pending) => pending.reject(reason));
  }

  #settle(id: string, how: (pending: PendingSubmission) => void): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    for (const [chunk, submissions] of this.#awaited) {
      if (submissions.delete(id) && submissions.size === 0) this.#awaited.delete(chunk);
    }
    if (!this.#settings.keeps) this.#unneeded.push(id);
    how(pending);
    this.#wakeSignal.wake();
  }
}
