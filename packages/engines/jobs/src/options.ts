import { ArgumentError, type Clock } from "@batchwise/core";
import type { JobEvent } from "./job-event.ts";
import type { JobStore } from "./store.ts";

/** Options of `offline`. */
export interface OfflineOptions {
  /** Where jobs are noted down, so that a process that starts again takes them up: `folderStore("path")`, for one. */
  readonly store: JobStore;
  /**
   * Jobs in all that an input may be part of: one that was not worked on, or failed in a way that may pass, is sent
   * again. A whole number from 1. @default 3
   */
  readonly attempts?: number;
  /** Tokens that may wait in all unfinished jobs: your account's own cap, counted by `weigh`. @default the backend's */
  readonly enqueuedTokens?: number;
  /** The first wait between two looks at a job, in milliseconds; it grows. Above 0. @default 15_000 */
  readonly pollMs?: number;
  /** The longest wait between two looks, in milliseconds. @default 300_000, or `pollMs` where that is longer */
  readonly maxPollMs?: number;
  /** How long a batch waits for its jobs, in milliseconds from its start. Above 0. @default Infinity */
  readonly maxWaitMs?: number;
  /**
   * What happens to what is not done after `maxWaitMs`. "live": its jobs are cancelled, what they have finished is
   * kept, and the rest is done by the wrapped Runnable's own `batch`. @default its items fail with a TimeoutError; the
   * jobs go on, and the same batch takes them up again
   */
  readonly fallback?: "live";
  /**
   * Cancels the jobs of a batch that is aborted, or that failed fast. @default false: they go on, and the same batch
   * takes them up again
   */
  readonly cancelOnAbort?: boolean;
  /**
   * Inputs of a lazy source that are under way at once: the next ones are taken when all of these have their outcome.
   * An array is taken whole. A whole number from 1. @default 200_000
   */
  readonly window?: number;
  /** Each time something happens to a job, for logs. */
  readonly onJob?: (event: JobEvent) => void;
  /** Time, for tests. @default the batch's own, else the machine's clock */
  readonly clock?: Clock;
}

/** @throws ArgumentError when an option is unknown or holds what it cannot */
export function checkOptions(options: OfflineOptions): void {
  for (const [name, value] of Object.entries(options)) {
    const check = CHECKS[name as keyof OfflineOptions];
    if (check === undefined) {
      throw new ArgumentError(`offline() has no option "${name}". Its options are ${Object.keys(CHECKS).join(", ")}.`);
    }
    if (value !== undefined && !check[1](value)) throw wrong(name, check[0], value);
  }
  const { store, fallback, maxWaitMs } = options;
  if (store === undefined) throw wrong("store", CHECKS.store[0], store);
  if (fallback !== undefined && maxWaitMs === undefined) throw wrong("maxWaitMs", "given with `fallback`", maxWaitMs);
}

type Check = readonly [expected: string, holds: (value: unknown) => boolean];

const WHOLE: Check = ["a whole number from 1", (value) => Number.isSafeInteger(value) && (value as number) >= 1];
const POSITIVE: Check = ["a number above 0", (value) => typeof value === "number" && value > 0];

const CHECKS: Readonly<Record<keyof OfflineOptions, Check>> = {
  store: ['a store, such as folderStore("jobs")', (value) => hasMethods(value, ["open"])],
  attempts: WHOLE,
  enqueuedTokens: POSITIVE,
  pollMs: POSITIVE,
  maxPollMs: POSITIVE,
  maxWaitMs: POSITIVE,
  fallback: ['"live"', (value) => value === "live"],
  cancelOnAbort: ["true or false", (value) => typeof value === "boolean"],
  window: WHOLE,
  onJob: ["a function", (value) => typeof value === "function"],
  clock: ["a Clock with now() and after()", (value) => hasMethods(value, ["now", "after"])],
};

function hasMethods(value: unknown, names: readonly string[]): boolean {
  if (typeof value !== "object" || value === null) return false;
  return names.every((name) => typeof (value as Record<string, unknown>)[name] === "function");
}

/** Numbers in full, anything else by its type alone. */
function wrong(name: string, expected: string, value: unknown): ArgumentError {
  const came = typeof value === "number" ? String(value) : `a value of type ${typeof value}`;
  return new ArgumentError(`offline() expects ${name} to be ${expected}; ${came} came.`);
}
