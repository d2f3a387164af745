import { readFile } from "node:fs/promises";
import path from "node:path";
import { ArgumentError } from "@batchwise/core";
import { utf8 } from "./inputs/lines.ts";
import type { RunOptions } from "./options.ts";
import { reasonOf } from "./reason-of.ts";

/**
 * Options with the texts of files that they name: it is the text on which rows depend.
 *
 * @throws ArgumentError for a file that cannot be read
 */
export async function withTexts(
  { promptFile, systemFile, ...options }: RunOptions,
  folder: string,
): Promise<RunOptions> {
  return {
    ...options,
    ...(promptFile !== undefined && { prompt: await textIn(promptFile, folder, "--prompt-file") }),
    ...(systemFile !== undefined && { system: await textIn(systemFile, folder, "--system-file") }),
  };
}

/** Text of a file, without a byte order mark and the line end at its end. */
async function textIn(file: string, folder: string, flag: string): Promise<string> {
  const bytes = await readFile(path.resolve(folder, file)).catch((error: unknown) => {
    throw new ArgumentError(`Expected ${flag} ${file} to be readable, got ${reasonOf(error)}. Nothing was sent.`);
  });
  const text = utf8(bytes);
  if (text !== undefined) return text.replace(/^\uFEFF/, "").replace(/\r?\n$/, "");
  throw new ArgumentError(`Expected ${flag} ${file} to be UTF-8, got other bytes. Convert it.`);
}
