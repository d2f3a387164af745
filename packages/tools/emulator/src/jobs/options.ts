import type { ScriptedRow } from "../faults/scripted-row.ts";

/** Options of offline jobs, and faults to inject into them. */
export interface Jobs {
  /** Time that a job takes, in milliseconds: a number, or anything between two bounds. @default 0 */
  readonly durationMs?: number | readonly [least: number, most: number] | undefined;
  /** Time that Cohere takes to validate a dataset before a batch can read it, in milliseconds. @default 0 */
  readonly validationMs?: number | undefined;
  /** Tokens allowed in the unfinished jobs of one model: a job beyond it is created, then fails. @default any */
  readonly enqueuedTokens?: number | undefined;
  /** Jobs that may be created in any hour; one more is a 429. @default any number */
  readonly creationsPerHour?: number | undefined;
  /** Share of the jobs that expire when their time is over. @default 0 */
  readonly expireRate?: number | undefined;
  /** Share of a job's lines that are done when it expires. @default 0.5 */
  readonly expireAfter?: number | undefined;
  /** Share of the lines that fail with a 500. @default 0 */
  readonly lineErrorRate?: number | undefined;
  /** Delay until a job that has ended names its files, in milliseconds. @default 0 */
  readonly missingFileMs?: number | undefined;
  /** Time that a canceled job takes to stop, in milliseconds. @default 0 */
  readonly cancelMs?: number | undefined;
  /** Every line fails with a 500, so that there is only an error file. @default false */
  readonly onlyErrorFile?: boolean | undefined;
  /** Sends null for fields that the API's description leaves out. @default false */
  readonly nulls?: boolean | undefined;
  /** The first job that reads a file does not find it. @default false */
  readonly fileNotFoundOnce?: boolean | undefined;
  /** Share of the jobs that are created although the connection is reset instead of an answer. @default 0 */
  readonly lostCreateRate?: number | undefined;
  /** Rows of results that are not as they should be; the first that applies is written. @default none */
  readonly rows?: readonly ScriptedRow[] | undefined;
  /** Form of OpenAI's output files: a last row without its end, Windows' ends of lines, one list, UTF-16. @default lines */
  readonly file?: "cut" | "crlf" | "list" | "utf16" | undefined;
  /** A job's counts: none, all 0, or failed lines among those that are completed. @default as they are */
  readonly counts?: "missing" | "zero" | "completed" | undefined;
  /** Leaves out the time at which a job ended. @default false */
  readonly omitEnd?: boolean | undefined;
  /** Spelling of Cohere's canceled status: its API description's, or its notebook's. @default "CANCELED" */
  readonly canceledSpelling?: "CANCELED" | "CANCELLED" | undefined;
}
