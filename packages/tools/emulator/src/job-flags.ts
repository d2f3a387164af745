import type { Jobs } from "./jobs/options.ts";
import { choice, isSet, jsonList, numeric, pick, type Table } from "./table.ts";

/** Flags of offline jobs, as commander reads them. */
export interface JobFlags extends Omit<Jobs, Renamed> {
  readonly jobDurationMs?: number;
  readonly jobMaxDurationMs?: number;
  readonly jobRow?: Jobs["rows"];
  readonly jobFile?: Jobs["file"];
  readonly jobCounts?: Jobs["counts"];
  readonly jobNulls?: boolean;
}

/** Options whose names say too little on a command line. */
type Renamed = "durationMs" | "rows" | "file" | "counts" | "nulls";

/** Flags of these options. */
export const RENAMES: { readonly [Name in Renamed]: keyof JobFlags } = {
  durationMs: "jobDurationMs",
  rows: "jobRow",
  file: "jobFile",
  counts: "jobCounts",
  nulls: "jobNulls",
};

const RENAMED: Table<Omit<JobFlags, keyof Jobs>> = {
  jobDurationMs: numeric("<ms>", "how long a job takes ..."),
  jobMaxDurationMs: numeric("<ms>", "... or anything up to here"),
  jobRow: jsonList("rows of results that are not as they should be, as in `jobs.rows`; may be repeated"),
  jobFile: choice("<form>", "form of OpenAI's output files (default: lines)", ["cut", "crlf", "list", "utf16"]),
  jobCounts: choice("<how>", "a job's counts (default: as they are)", ["missing", "zero", "completed"]),
  jobNulls: isSet("sends null for fields that the API's description leaves out"),
};

const PLAIN: Table<Omit<Jobs, Renamed>> = {
  validationMs: numeric("<ms>", "how long Cohere takes to validate a dataset"),
  enqueuedTokens: numeric("<n>", "tokens that may wait in a model's unfinished jobs"),
  creationsPerHour: numeric("<n>", "jobs that may be created in an hour"),
  expireRate: numeric("<share>", "share of the jobs that expire"),
  expireAfter: numeric("<share>", "share of their lines that is done by then (default: 0.5)"),
  lineErrorRate: numeric("<share>", "share of the lines that fail"),
  missingFileMs: numeric("<ms>", "delay until a job that has ended names its files"),
  lostCreateRate: numeric("<share>", "share of the jobs that are created although the connection is reset"),
  cancelMs: numeric("<ms>", "how long a canceled job takes to stop"),
  onlyErrorFile: isSet("every line fails, so that there is only an error file"),
  fileNotFoundOnce: isSet("the first job that reads a file does not find it"),
  omitEnd: isSet("leaves out the time at which a job ended"),
  canceledSpelling: choice("<word>", "Cohere's canceled status (default: CANCELED)", ["CANCELED", "CANCELLED"]),
};

/** Flags of offline jobs. */
export const JOBS: Table<JobFlags> = { ...RENAMED, ...PLAIN };

/** Options of offline jobs from their flags. */
export function jobsOf(flags: JobFlags): Jobs {
  const { jobDurationMs, jobMaxDurationMs, jobRow, jobFile, jobCounts, jobNulls } = flags;
  return {
    ...pick(flags, PLAIN),
    durationMs: jobMaxDurationMs === undefined ? jobDurationMs : [jobDurationMs ?? 0, jobMaxDurationMs],
    rows: jobRow,
    file: jobFile,
    counts: jobCounts,
    nulls: jobNulls,
  };
}
