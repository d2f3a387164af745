import type { Clock, JobBackend, JobCaps, Price, Runnable, Weight } from "@batchwise/core";
import type { CreationQueue } from "./creation-queue.ts";
import type { JobEvent } from "./job-event.ts";
import type { Journal } from "./journal.ts";
import type { OfflineOptions } from "./options.ts";
import type { ReadingTurns } from "./reading-turns.ts";

/** State that the batches of one offline Runnable share while any of them runs. */
export interface Session<Input, Output> {
  readonly backend: JobBackend<Input, Output>;
  readonly caps: JobCaps;
  readonly journal: Journal;
  readonly creationQueue: CreationQueue;
  /** Lets one job's rows be read after another's, so that those of one alone are in memory besides outcomes. */
  readonly reading: ReadingTurns;
  /** Runnable that does the rest live, once time is up. */
  readonly live: Runnable<Input, Output>;
  readonly options: OfflineOptions;
  /** Price of a live call. */
  readonly price: Price | undefined;
  /** Weight of an input in a live call. */
  readonly weigh: (input: Input) => Weight;
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
