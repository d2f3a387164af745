import type { Readable, Writable } from "node:stream";
import { type Adapter, ArgumentError, type Clock, type Runnable } from "@batchwise/core";
import type { Keep } from "./inputs/kept.ts";
import type { InputForm } from "./inputs/open-input.ts";
import type { VectorForm } from "./outputs/vector-form.ts";
import type { JsonSchema } from "./schema/json-schema.ts";

/** Options of one run of an adapter over a file. */
export interface RunOptions extends InputForm {
  /** `<package>#<adapter>`, installed in the user's folder; the package alone where it has one adapter. */
  readonly adapter: string;
  /** A file, or `-` for standard input; several files, also as patterns: each row then has its file's name as `file`. */
  readonly input: string | readonly string[];
  /** Field of a record, or column, that is the input. @default the record itself; the only column of a table */
  readonly field?: string | undefined;
  /** Template of each input, instead of a field: `Classify {text} for {user.name}`. `{{` and `}}` are braces. @default none */
  readonly prompt?: string | undefined;
  /** File with the prompt. A line end at its end is no part of it. */
  readonly promptFile?: string | undefined;
  /** Text that a model reads before every input: the adapter's option `instructions`. @default none */
  readonly system?: string | undefined;
  /** File with that text. */
  readonly systemFile?: string | undefined;
  /** JSON Schema of the outputs, or a file with it: values instead of texts, and a column for each property of a table. @default none */
  readonly schema?: string | JsonSchema | undefined;
  /** Fields of the input's record that are copied into its output, by name or path; "all" of them. @default none */
  readonly keep?: Keep | undefined;
  /** A file that ends in .jsonl, .csv, .parquet or .arrow, or `-` for standard output. @default JSONL on standard output */
  readonly output?: string | undefined;
  /** Vectors in JSONL: lists of numbers, or texts of 32-bit floats, little-endian, in base64. @default "numbers" */
  readonly vectors?: VectorForm | undefined;
  /** Writes `'` before cells of CSV that a spreadsheet would run as formulas. @default false */
  readonly safeCsv?: boolean | undefined;
  /** Replaces an output that exists, once the new one is whole. @default false: it is refused */
  readonly overwrite?: boolean | undefined;
  /** Resumes: keeps every row of an earlier run with the same options and input. @default false */
  readonly resume?: boolean | undefined;
  /** Resumes, and sends inputs again whose row has an error. @default false */
  readonly retryFailed?: boolean | undefined;
  /** Options of the adapter. A text is read by its schema's type. @default none */
  readonly set?: Readonly<Record<string, unknown>> | undefined;
  /** Requests in flight at once; a whole number from 1. @default the adapter's */
  readonly concurrency?: number | undefined;
  /** Most dollars, from 0: no request is sent that would exceed them. @default no cap */
  readonly maxCost?: number | undefined;
  /** Most tokens, from 0: no request is sent that would exceed them. @default no cap */
  readonly maxTokens?: number | undefined;
  /** Failed inputs at which the run sends no more, from 1. @default no cap */
  readonly maxFailures?: number | undefined;
  /** Milliseconds of one call, above 0. @default the adapter's */
  readonly timeoutMs?: number | undefined;
  /** Calls that a failing input may take; a whole number from 1. @default the adapter's */
  readonly attempts?: number | undefined;
  /** Sends equal inputs that are near each other once. @default false */
  readonly dedupe?: boolean | undefined;
  /** Most inputs, from the first. A whole number from 0. @default all */
  readonly limit?: number | undefined;
  /** Inputs to draw at random and to send instead of all, to look at: their rows are shown as a table. A whole number from 1. @default none */
  readonly sample?: number | undefined;
  /** Seed by which the sample is drawn; a whole number from 0. @default 0 */
  readonly seed?: number | undefined;
  /** Estimates the run, and sends nothing. @default false */
  readonly estimate?: boolean | undefined;
  /** Folder of a cache of results, so that none is paid twice. @default none */
  readonly cache?: string | undefined;
  /** Treatment of a cache that cannot be used: "fail" ends the run, "continue" does without it. @default "fail" */
  readonly cacheErrors?: "fail" | "continue" | undefined;
  /** Uses the provider's offline jobs. @default false */
  readonly offline?: boolean | undefined;
  /** Folder of the journal of offline jobs. @default ".batchwise/jobs" in the user's folder */
  readonly jobs?: string | undefined;
  /** File for the report as JSON. @default none */
  readonly report?: string | undefined;
  /** Shows no progress and no report. @default false */
  readonly quiet?: boolean | undefined;
}

/** Environment of a run. Every part can be replaced, for tests and for other programs. */
export interface RunEnvironment {
  /** Standard input. @default the process's */
  readonly stdin?: Readable;
  /** Standard output. @default the process's */
  readonly stdout?: Writable;
  /** Stream of progress and the report. @default the process's */
  readonly stderr?: Writable;
  /** The user's folder, for relative paths and installed packages. @default the current one */
  readonly folder?: string;
  /** Environment variables. @default the process's */
  readonly env?: NodeJS.ProcessEnv;
  /** Aborted: no new request is sent, and those in flight are waited for. @default never */
  readonly drain?: AbortSignal;
  /** Aborted: the run ends at once. @default never */
  readonly signal?: AbortSignal;
  /** Time. @default the machine's */
  readonly clock?: Clock;
  /** Runnable that runs instead of the adapter that the options name. */
  readonly runnable?: MadeRunnable;
}

/** Runnable with its kind of inputs and outputs: `embeddings`, `chat`, `rerank`, or another one. */
export interface MadeRunnable {
  readonly kind: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- of any input and output
  readonly runnable: Runnable<any, any>;
  /** Inputs that it takes besides those of its kind. @default none */
  readonly inputs?: Adapter["inputs"];
}

/** @throws ArgumentError for options that contradict each other */
export function checkOptions(options: RunOptions): void {
  const { output, overwrite, resume, retryFailed, offline, limit, maxFailures } = options;
  for (const [one, other] of EXCLUSIVE) {
    if (options[one] === undefined || options[other] === undefined) continue;
    throw new ArgumentError(`Expected ${flagOf(one)} or ${flagOf(other)}, got both. Leave one out.`);
  }
  const resumes = resume === true || retryFailed === true;
  if (resumes && output === undefined) throw new ArgumentError("Expected an --output to resume, got none. Give it.");
  if (resumes && overwrite === true) throw new ArgumentError("Expected --overwrite or --resume, got both.");
  if (retryFailed === true && [options.input].flat().includes("-")) {
    throw new ArgumentError("Expected a file for --retry-failed, got standard input. The input is read twice.");
  }
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 0)) {
    throw new ArgumentError(`Expected \`limit\` to be a whole number from 0, got ${limit}.`);
  }
  if (maxFailures !== undefined && !(Number.isSafeInteger(maxFailures) && maxFailures >= 1)) {
    throw new ArgumentError(`Expected \`maxFailures\` to be a whole number from 1, got ${maxFailures}.`);
  }
  if (options.seed !== undefined && options.sample === undefined) {
    throw new ArgumentError("Expected --sample with --seed, got none. Give it, such as --sample 20.");
  }
  if (options.sample !== undefined && !(Number.isSafeInteger(options.sample) && options.sample >= 1)) {
    throw new ArgumentError(`Expected \`sample\` to be a whole number from 1, got ${options.sample}.`);
  }
  if (offline !== true) return;
  const live = (["concurrency", "timeoutMs", "maxFailures"] as const).filter((name) => options[name] !== undefined);
  if (live.length > 0) throw new ArgumentError(`Expected options of offline jobs, got \`${live.join("`, `")}\`.`);
  if (output === undefined && options.estimate !== true) {
    throw new ArgumentError("Expected an --output with --offline, got none. Give it: a stopped run resumes its jobs.");
  }
}

/** Options of which a run has one at most. */
const EXCLUSIVE = [
  ["field", "prompt"],
  ["field", "promptFile"],
  ["prompt", "promptFile"],
  ["system", "systemFile"],
  ["sample", "estimate"],
  ["sample", "offline"],
  ["sample", "resume"],
  ["sample", "retryFailed"],
] as const satisfies readonly (readonly [keyof RunOptions, keyof RunOptions])[];

function flagOf(option: string): string {
  return `--${option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
