import type { Readable, Writable } from "node:stream";
import { ArgumentError, type Clock, type Runnable } from "@batchwise/core";
import type { InputFormat } from "./inputs/input-record.ts";

/** What one run is to do: an adapter over a file. */
export interface RunOptions {
  /** `<package>#<adapter>`, installed in the user's folder; the package alone where it has one adapter. */
  readonly adapter: string;
  /** A file, or `-` for standard input. */
  readonly input: string;
  /** @default by the file's extension; JSONL for standard input */
  readonly format?: InputFormat | undefined;
  /** The field of a record, or the column, that is the input. @default the record itself; the only column of a table */
  readonly field?: string | undefined;
  /** Fields of the input's record that are copied into its output. @default none */
  readonly keep?: readonly string[] | undefined;
  /** A file that ends in .jsonl, .csv, .parquet or .arrow. @default JSONL on standard output */
  readonly output?: string | undefined;
  /** Replaces an output that is there. @default false: it is refused */
  readonly overwrite?: boolean | undefined;
  /** Goes on after the last whole line of an output that is there. @default false */
  readonly resume?: boolean | undefined;
  /** The same, and sends what is an error there once more. @default false */
  readonly retryFailed?: boolean | undefined;
  /** The adapter's own options. A text is read as its schema says. @default none */
  readonly set?: Readonly<Record<string, unknown>> | undefined;
  /** Requests in flight at once; a whole number from 1. @default the adapter's */
  readonly concurrency?: number | undefined;
  /** Dollars, from 0. Nothing is sent that would pass them. @default no cap */
  readonly maxCost?: number | undefined;
  /** Tokens, from 0. Nothing is sent that would pass them. @default no cap */
  readonly maxTokens?: number | undefined;
  /** Milliseconds of one call, above 0. @default the adapter's */
  readonly timeoutMs?: number | undefined;
  /** How often a failed call is made in all; a whole number from 1. @default the adapter's */
  readonly attempts?: number | undefined;
  /** Sends equal inputs that are near each other once. @default false */
  readonly dedupe?: boolean | undefined;
  /** Only so many inputs, from the first. A whole number from 0. @default all */
  readonly limit?: number | undefined;
  /** Says what it would take, and sends nothing. @default false */
  readonly estimate?: boolean | undefined;
  /** A folder that keeps results, so that nothing is paid twice. @default none */
  readonly cache?: string | undefined;
  /** Goes through the provider's offline jobs. @default false */
  readonly offline?: boolean | undefined;
  /** A folder that remembers offline jobs. @default ".batchwise/jobs" in the user's folder */
  readonly jobs?: string | undefined;
  /** No progress and no report. @default false */
  readonly quiet?: boolean | undefined;
}

/** What a run meets. Everything can be replaced, for tests and for other programs. */
export interface Surroundings {
  /** @default the process's */
  readonly stdin?: Readable;
  /** @default the process's */
  readonly stdout?: Writable;
  /** Where progress and the report go. @default the process's */
  readonly stderr?: Writable;
  /** The user's folder: relative paths and packages are looked for from there. @default the current one */
  readonly folder?: string;
  /** @default the process's */
  readonly environment?: NodeJS.ProcessEnv;
  /** Aborted: nothing new is sent, and what is in flight is waited for. @default never */
  readonly drain?: AbortSignal;
  /** Aborted: the run ends at once. @default never */
  readonly signal?: AbortSignal;
  /** Time. @default the machine's */
  readonly clock?: Clock;
  /** What runs in place of the adapter that the options name. */
  readonly runnable?: MadeRunnable;
}

/** A Runnable, and what it takes and gives: `embeddings`, `chat`, `rerank`, or another kind. */
export interface MadeRunnable {
  readonly kind: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- of whatever to whatever
  readonly runnable: Runnable<any, any>;
}

/** @throws ArgumentError for options that contradict each other */
export function checkOptions(options: RunOptions): void {
  const { output, overwrite, resume, retryFailed, offline, limit } = options;
  const goesOn = resume === true || retryFailed === true;
  if (goesOn && output === undefined) throw new ArgumentError("--resume and --retry-failed need an --output.");
  if (goesOn && overwrite === true) throw new ArgumentError("Expected --overwrite or --resume, came both.");
  if (retryFailed === true && options.input === "-") {
    throw new ArgumentError("--retry-failed reads the input twice: give a file, not standard input.");
  }
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 0)) {
    throw new ArgumentError(`limit: expected a whole number from 0, came ${limit}.`);
  }
  if (offline !== true) return;
  const live = (["concurrency", "timeoutMs"] as const).filter((name) => options[name] !== undefined);
  if (live.length > 0) throw new ArgumentError(`${live.join(", ")}: offline jobs have no use for it.`);
  if (output === undefined && options.estimate !== true) {
    throw new ArgumentError("--offline needs an --output: a run that is stopped goes on with its jobs.");
  }
}
