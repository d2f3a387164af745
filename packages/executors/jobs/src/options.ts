import { ArgumentError, type Clock } from "@batchwise/core";
import { nameHint, optionMeant, show } from "@batchwise/core/wrappers";
import type { JobEvent } from "./job-event.ts";
import type { JobStore } from "./store.ts";

/** Options of `offline`. */
export interface OfflineOptions {
  /** Store of the jobs' journal, by which a process that starts again resumes them, such as `folderStore("path")`. */
  readonly store: JobStore;
  /**
   * Jobs that an input may be part of: one that was not worked on, or failed with a retryable error, is sent again.
   * A whole number from 1. @default 3
   */
  readonly attempts?: number;
  /** Tokens in all unfinished jobs: your account's own cap, counted by `weigh`. Above 0. @default the backend's */
  readonly enqueuedTokens?: number;
  /** First wait between two polls of a job, in milliseconds; it grows. Above 0. @default 15_000 */
  readonly pollMs?: number;
  /** Longest wait between two polls, in milliseconds. Above 0. @default 300_000, or `pollMs` where that is longer */
  readonly maxPollMs?: number;
  /** Milliseconds that a batch waits for its jobs, from its start. Above 0. @default Infinity */
  readonly maxWaitMs?: number;
  /**
   * Treatment of inputs that are not done after `maxWaitMs`. "live": their jobs are canceled, finished rows are kept,
   * and the rest goes through the wrapped Runnable's own `batch`. @default they fail with a TimeoutError; the jobs go
   * on, and the same batch resumes them
   */
  readonly fallback?: "live";
  /**
   * Cancels the jobs of a batch that is aborted or that failed fast. @default false: they go on, and the same batch
   * resumes them
   */
  readonly cancelOnAbort?: boolean;
  /**
   * Inputs of a job at most. The results of a job are in memory together: 50,000 vectors of 1,536 dimensions take 307 MB.
   * Another number makes other jobs, so that those of an earlier run are not resumed. A whole number from 1.
   * @default the backend's cap, or 50,000
   */
  readonly maxInputs?: number;
  /**
   * Inputs of a lazy source in jobs at once: the next ones are taken when all of these have their outcome. An array is
   * taken whole. A whole number from 1. @default 200_000
   */
  readonly window?: number;
  /** Called at each event of a job, for logs. */
  readonly onJob?: (event: JobEvent) => void;
  /** Time, for tests. @default the batch's own, else the machine's */
  readonly clock?: Clock;
}

/** @throws ArgumentError for options that are not an object, one that is unknown, or one with a wrong value */
export function checkOptions(options: OfflineOptions): void {
  if (typeof options !== "object" || options === null) throw wrong("options", "an object", options);
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(CHECKS, name)) throw unknownOption(name);
    const [expected, holds] = CHECKS[name as keyof OfflineOptions];
    if (value !== undefined && !holds(value)) throw wrong(name, expected, value);
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
  maxInputs: WHOLE,
  window: WHOLE,
  onJob: ["a function", (value) => typeof value === "function"],
  clock: ["a Clock with now() and after()", (value) => hasMethods(value, ["now", "after"])],
};

const NAMES: readonly string[] = Object.keys(CHECKS);

function hasMethods(value: unknown, names: readonly string[]): boolean {
  if (typeof value !== "object" || value === null) return false;
  return names.every((name) => typeof (value as Record<string, unknown>)[name] === "function");
}

/** Words for these options in other libraries and elsewhere in this one; an option of a batch is none of them. */
const WORDS: readonly (readonly [RegExp, keyof OfflineOptions | undefined])[] = [
  [/signal$/i, undefined],
  [/^max.*(poll|interval)/i, "maxPollMs"],
  [/poll|interval/i, "pollMs"],
  [/wait|time_?out|deadline/i, "maxWaitMs"],
  [/journal|folder|director(y|ies)$|path$/i, "store"],
];

function unknownOption(name: string): ArgumentError {
  const word = WORDS.find(([pattern]) => pattern.test(name));
  const meant = word === undefined ? optionMeant(name, NAMES) : word[1];
  return new ArgumentError(`Expected only known options, got \`${name}\`. ${nameHint(meant, NAMES)}`);
}

function wrong(name: string, expected: string, value: unknown): ArgumentError {
  return new ArgumentError(`Expected \`${name}\` to be ${expected}, got ${show(value)}.`);
}
