import { readlink, realpath, stat } from "node:fs/promises";
import path from "node:path";
import { ArgumentError } from "@batchwise/core";
import type { InputFile } from "./inputs/input-files.ts";
import type { OutputFormat } from "./outputs/encoder.ts";
import type { RunOptions } from "./options.ts";
import { isSameFile } from "./same-file.ts";

/** Output of a run, before it is opened. */
export interface OutputChoice {
  /** Real path of the file, or a path of a pipe; undefined for standard output. */
  readonly file: string | undefined;
  readonly format: OutputFormat;
  /** True for a file that can be resumed; false for a stream, such as standard output or a pipe. */
  readonly isFile: boolean;
}

/**
 * Finds the output that the options ask for. No file is changed.
 *
 * @throws ArgumentError for one that is the input, or an unknown format or one that cannot be asked for
 */
export async function chooseOutput(
  { output, vectors, safeCsv }: RunOptions,
  folder: string,
  inputs: readonly InputFile[],
): Promise<OutputChoice> {
  if (safeCsv === true && path.extname(output ?? "").toLowerCase() !== ".csv") {
    throw new ArgumentError(`Expected a .csv --output for --safe-csv, got ${output ?? "none"}. Leave it out.`);
  }
  if (output === undefined) return { file: undefined, format: "jsonl", isFile: false };
  const format = formatOf(output);
  if (format !== "jsonl" && vectors === "base64") {
    throw new ArgumentError(
      `Expected JSONL for --vectors base64, got ${output}. Other formats hold the floats as they are.`,
    );
  }
  const given = path.resolve(folder, output);
  // A pipe of a shell has no path but the one that leads to it: `>(gzip > out.gz)` is /dev/fd/63.
  const isPipe = (await stat(given).catch(() => undefined))?.isFIFO() === true;
  const file = isPipe ? given : await realPathOf(given);
  for (const input of inputs) {
    if (!(await isSameFile(input.path, file))) continue;
    throw new ArgumentError("Expected another --output than the input, got the same file. Give another.");
  }
  await checkNoFolder("--output", output, file);
  const stats = await stat(file).catch(() => undefined);
  return { file, format, isFile: stats === undefined || stats.isFile() };
}

/** @throws ArgumentError for a folder: what was paid for could not replace it */
export async function checkNoFolder(flag: string, name: string, file: string): Promise<void> {
  if ((await stat(file).catch(() => undefined))?.isDirectory() !== true) return;
  throw new ArgumentError(`Expected ${flag} to be a file, got ${name}, which is a folder. Give another name.`);
}

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

/** Path without symbolic links, of a file that may not be there yet: two names of it have one lock. */
async function realPathOf(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch {
    const target = await readlink(file).catch(() => undefined);
    const folder = path.dirname(file);
    if (target !== undefined) return realPathOf(path.resolve(folder, target));
    return path.join(await realpath(folder).catch(() => folder), path.basename(file));
  }
}
