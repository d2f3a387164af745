import type { Clock, JobBackend, JobCaps, Price, Runnable, Weight } from "@batchwise/core";
import type { CreationQueue } from "./creation-queue.ts";
import type { JobEvent } from "./job-event.ts";
import type { Journal } from "./journal.ts";
import type { OfflineOptions } from "./options.ts";

/** State that the batches of one offline Runnable share while any of them runs. */
export interface Session<Input, Output> {
  readonly backend: JobBackend<Input, Output>;
  readonly caps: JobCaps;
  readonly journal: Journal;
  readonly creationQueue: CreationQueue;
  /** Lets one job's rows be read after another's, so that those of one alone are in memory besides outcomes. */
  readonly reading: Turns;
  /** Runnable that does the rest live, once time is up. */
  readonly live: Runnable<Input, Output>;
  readonly options: OfflineOptions;
  /** Price of a live call. */
  readonly price: Price | undefined;
  /** Weight of an input in a live call. */
  readonly weigh: (input: Input) => Weight;
}

/** Work of which one piece is done after another, in the order in which they ask. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

/** Signals that end the wait for a job. */
export interface StopSignals {
  /** The result is no longer wanted. */
  readonly signal: AbortSignal;
  /** No new job may be created; those that exist go on. */
  readonly drain: AbortSignal | undefined;
  /** The time for jobs is up. */
  readonly timeout: AbortSignal | undefined;
}

/** Time, randomness and listener of one batch. */
export interface BatchContext {
  readonly clock: Clock;
  readonly random: () => number;
  /** Longest wait to obey that the provider asks for. */
  readonly maxRetryAfterMs: number;
  readonly onJob: (event: JobEvent) => void;
}

/** Signal that is aborted after a time, and what takes it off the clock. */
export function deadline(clock: Clock, ms: number): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const cancel = clock.after(ms, () => controller.abort());
  return { signal: controller.signal, [Symbol.dispose]: cancel };
}

/** Signal that is aborted when any of these is. */
export function anyOf(...signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  return AbortSignal.any(signals.filter((signal) => signal !== undefined));
}
