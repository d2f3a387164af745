import type { Clock, JobBackend, JobCaps, Price, Runnable } from "@batchwise/core";
import type { JobEvent } from "./job-event.ts";
import type { Journal } from "./journal.ts";
import type { OfflineOptions } from "./options.ts";
import type { Room } from "./room.ts";

/** What the batches of one offline Runnable have in common while any of them runs. */
export interface Session<Input, Output> {
  readonly backend: JobBackend<Input, Output>;
  readonly caps: JobCaps;
  readonly journal: Journal;
  readonly room: Room;
  /** What does the rest, when time is up. */
  readonly live: Runnable<Input, Output>;
  readonly options: OfflineOptions;
  /** What a live call costs. */
  readonly price: Price | undefined;
  readonly tokens: (input: Input) => number;
}

/** What ends the waiting of one call. */
export interface Ends {
  /** The result is not wanted any more. */
  readonly signal: AbortSignal;
  /** Nothing new may be created; what is there goes on. */
  readonly drain: AbortSignal | undefined;
  /** The time for jobs is up. */
  readonly late: AbortSignal | undefined;
}

/** How one batch waits, and tells what happens. */
export interface Manner {
  readonly clock: Clock;
  readonly random: () => number;
  readonly onJob: (event: JobEvent) => void;
}

/** Aborted when any of them is. */
export function anyOf(...signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  return AbortSignal.any(signals.filter((signal) => signal !== undefined));
}
