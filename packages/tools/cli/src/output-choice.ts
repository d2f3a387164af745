import { open, realpath, rename, rm, stat, truncate } from "node:fs/promises";
import path from "node:path";
import type { Writable } from "node:stream";
import { ArgumentError } from "@batchwise/core";
import { type ResumePoint, readResumePoint } from "./resume.ts";
import type { InputFile } from "./inputs/input-files.ts";
import type { OutputFormat } from "./outputs/encoder.ts";
import { cannotWrite, StreamTarget } from "./outputs/stream-target.ts";
import type { RunOptions } from "./options.ts";

/** Output of a run, before it is opened. */
export interface OutputChoice {
  /** Path of the file; undefined for standard output. */
  readonly file: string | undefined;
  readonly format: OutputFormat;
  /** Point of an earlier run's output at which this one resumes. */
  readonly resumePoint: ResumePoint | undefined;
}

/**
 * Checks the output that the options ask for. No file is changed.
 *
 * @throws ArgumentError for an output that exists and may not be replaced, one that is the input, one that cannot be
 * resumed, or an unknown format
 */
export async function chooseOutput(
  options: RunOptions,
  folder: string,
  inputs: readonly InputFile[],
): Promise<OutputChoice> {
  const { output, overwrite, resume, retryFailed } = options;
  if (output === undefined) return { file: undefined, format: "jsonl", resumePoint: undefined };
  const file = path.resolve(folder, output);
  const format = formatOf(output);
  const resumes = resume === true || retryFailed === true;
  if (resumes && format !== "jsonl") {
    throw new ArgumentError(`Expected a .jsonl output to resume, got ${output}. Give one, or --overwrite.`);
  }
  for (const input of inputs) {
    if (!(await isSameFile(input.path, file))) continue;
    throw new ArgumentError("Expected another --output than the input, got the same file. Give another.");
  }
  if (resumes) return { file, format, resumePoint: await readResumePoint(file) };
  // An empty one, as of a run that was refused at its first request, has no rows to lose.
  if (overwrite !== true && ((await stat(file).catch(() => undefined))?.size ?? 0) > 0) {
    const advice = format === "jsonl" ? "--resume continues it, and --overwrite" : "--overwrite";
    throw new ArgumentError(`Expected a new --output, got ${output}, which exists. ${advice} replaces it.`);
  }
  return { file, format, resumePoint: undefined };
}

/** Output that is open. */
export interface OpenOutput {
  readonly target: StreamTarget;
  /** @throws Error where the output cannot be completed */
  close(): Promise<void>;
  /** Removes a partial file that could not be written. */
  abandon(): Promise<void>;
}

/**
 * Opens the output: a new file, the old one after its last whole line, or, where old lines are done again, a new file
 * that replaces the old one at the end.
 *
 * @throws Error that says why it cannot be written
 */
export async function openOutput(
  { file, resumePoint }: OutputChoice,
  { rewrites, stdout }: { readonly rewrites: boolean; readonly stdout: Writable },
): Promise<OpenOutput> {
  if (file === undefined) {
    const target = new StreamTarget(stdout, "standard output", false);
    return { target, close: () => target.close(), abandon: async () => undefined };
  }
  const resumes = resumePoint !== undefined && !rewrites;
  const written = rewrites ? partialOf(file) : file;
  try {
    if (resumes) await truncate(file, resumePoint.end);
    const handle = await open(written, resumes ? "a" : "w");
    const target = new StreamTarget(handle.createWriteStream({ highWaterMark: BUFFER_BYTES }), file, true);
    return {
      target,
      close: async () => {
        await target.close();
        if (rewrites) await rename(written, file);
      },
      abandon: async () => {
        if (rewrites) await rm(written, { force: true });
      },
    };
  } catch (error) {
    throw cannotWrite(file, error);
  }
}

/** File of an output that replaces another one at the end. */
export function partialOf(file: string): string {
  return `${file}.partial`;
}

const BUFFER_BYTES = 256 * 1024;

const FORMATS: Readonly<Record<string, OutputFormat>> = {
  "": "jsonl",
  ".jsonl": "jsonl",
  ".ndjson": "jsonl",
  ".csv": "csv",
  ".parquet": "parquet",
  ".arrow": "arrow",
};

function formatOf(output: string): OutputFormat {
  const format = FORMATS[path.extname(output).toLowerCase()];
  if (format !== undefined) return format;
  throw new ArgumentError(`Expected an --output that ends in .jsonl, .csv, .parquet or .arrow, got ${output}.`);
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all([one, other].map((file) => realpath(file).catch(() => undefined)));
  return first !== undefined && first === second;
}
