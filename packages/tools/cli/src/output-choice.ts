import { open, realpath, rename, rm, stat, truncate } from "node:fs/promises";
import path from "node:path";
import type { Writable } from "node:stream";
import { ArgumentError } from "@batchwise/core";
import { type Earlier, readEarlier } from "./earlier.ts";
import type { OutputFormat } from "./outputs/encoder.ts";
import { cannotWrite, StreamTarget } from "./outputs/stream-target.ts";
import type { RunOptions } from "./options.ts";

/** Where a run's output goes, before anything is opened. */
export interface OutputChoice {
  /** Undefined for standard output. */
  readonly file: string | undefined;
  readonly format: OutputFormat;
  /** What an earlier run has left, where this one goes on from it. */
  readonly earlier: Earlier | undefined;
}

/**
 * Looks at the output that was asked for. Nothing is changed.
 *
 * @throws ArgumentError for an output that is there and may not be touched, one that is the input, one that no run can
 * go on from, or a format that nobody has told
 */
export async function chooseOutput(options: RunOptions, folder: string): Promise<OutputChoice> {
  const { output, overwrite, resume, retryFailed } = options;
  if (output === undefined) return { file: undefined, format: "jsonl", earlier: undefined };
  const file = path.resolve(folder, output);
  const format = formatOf(output);
  const goesOn = resume === true || retryFailed === true;
  if (goesOn && format !== "jsonl") {
    throw new ArgumentError(`Only a .jsonl output can be gone on from. Give one, or --overwrite ${output}.`);
  }
  if (options.input !== "-" && (await isSameFile(path.resolve(folder, options.input), file))) {
    throw new ArgumentError("The output is the input. Give another --output.");
  }
  if (goesOn) return { file, format, earlier: await readEarlier(file) };
  // An empty one, such as a run leaves that was refused at its first request, holds nothing to be lost.
  if (overwrite !== true && ((await stat(file).catch(() => undefined))?.size ?? 0) > 0) {
    const ways = format === "jsonl" ? "--resume goes on from it, and --overwrite" : "--overwrite";
    throw new ArgumentError(`${output} is there already. ${ways} replaces it.`);
  }
  return { file, format, earlier: undefined };
}

/** An output that is open. */
export interface OpenOutput {
  readonly target: StreamTarget;
  /** @throws Error where what was written cannot be kept */
  close(): Promise<void>;
  /** Ends it where it could not be written. */
  abandon(): Promise<void>;
}

/**
 * Opens the output: a new file, the old one behind its last whole line, or, where old lines are done again, a new file
 * that takes the old one's name at the end.
 *
 * @throws Error that says why it cannot be written
 */
export async function openOutput(
  { file, earlier }: OutputChoice,
  { rewrites, stdout }: { readonly rewrites: boolean; readonly stdout: Writable },
): Promise<OpenOutput> {
  if (file === undefined) {
    const target = new StreamTarget(stdout, "Standard output", false);
    return { target, close: () => target.close(), abandon: async () => undefined };
  }
  const goesOn = earlier !== undefined && !rewrites;
  const written = rewrites ? partialOf(file) : file;
  try {
    if (goesOn) await truncate(file, earlier.end);
    const handle = await open(written, goesOn ? "a" : "w");
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

/** The file in which an output is written that takes another one's place at the end. */
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
  throw new ArgumentError(`Expected an --output that ends in .jsonl, .csv, .parquet or .arrow, came ${output}.`);
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all([one, other].map((file) => realpath(file).catch(() => undefined)));
  return first !== undefined && first === second;
}
