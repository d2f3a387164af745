import type { Clock, Runnable } from "@batchwise/core";
import type { CreationQueue } from "./creation-queue.ts";
import type { JobEvent } from "./job-event.ts";
import type { JobTerms } from "./job-terms.ts";
import type { JobEntry, Journal } from "./journal.ts";
import type { OfflineOptions } from "./options.ts";
import type { ReadingTurns } from "./reading-turns.ts";

/** State that the batches of one offline Runnable share while any of them runs. */
export interface Session<Input, Output> extends JobTerms<Input, Output> {
  readonly journal: Journal;
  readonly creationQueue: CreationQueue;
  /** Lets one job's rows be read after another's, so that those of one alone are in memory besides outcomes. */
  readonly reading: ReadingTurns;
  /** Runnable that does the rest live, once time is up. */
  readonly live: Runnable<Input, Output>;
  readonly options: OfflineOptions;
}

/** Time, randomness and listener of one batch. */
export interface BatchContext {
  readonly clock: Clock;
  readonly random: () => number;
  /** Longest wait to obey that the provider asks for. */
  readonly maxRetryAfterMs: number;
  readonly onJob: (event: JobEvent) => void;
}

/** Facts that the jobs of one call of the engine share. */
export interface JobContext<Input, Output> extends BatchContext {
  readonly session: Session<Input, Output>;
  /** The call's inputs, to which positions refer. */
  readonly inputs: readonly Input[];
  readonly stop: StopSignals;
  /** Jobs of the journal that the batch has taken. */
  readonly taken: Set<JobEntry>;
}

/** Signals that end the wait for a job. */
export interface StopSignals {
  /** The result is no longer wanted. */
  readonly signal: AbortSignal;
  /** The time for jobs is up. */
  readonly timeout: AbortSignal | undefined;
  /** Either of these: the batch does not wait for a job any more. */
  readonly noLongerAwaited: AbortSignal;
  /** No new job may be created; with a drain alone, those that exist go on. */
  readonly closed: AbortSignal;
}
