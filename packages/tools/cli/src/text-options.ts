import { readFile } from "node:fs/promises";
import path from "node:path";
import { ArgumentError } from "@batchwise/core";
import { utf8 } from "./inputs/lines.ts";
import { isObject } from "./inputs/values.ts";
import type { RunOptions } from "./options.ts";
import { reasonOf } from "./reason-of.ts";
import type { JsonSchema } from "./schema/json-schema.ts";

/** Options of a run whose texts are there. */
export interface ResolvedOptions extends Omit<RunOptions, "promptFile" | "systemFile" | "schema"> {
  readonly schema?: JsonSchema | undefined;
}

/**
 * Options with the texts of files that they name: it is the text on which rows depend.
 *
 * @throws ArgumentError for a file that cannot be read
 */
export async function withTexts(
  { promptFile, systemFile, schema, ...options }: RunOptions,
  folder: string,
): Promise<ResolvedOptions> {
  return {
    ...options,
    ...(promptFile !== undefined && { prompt: await textIn(promptFile, folder, "--prompt-file") }),
    ...(systemFile !== undefined && { system: await textIn(systemFile, folder, "--system-file") }),
    ...(schema !== undefined && { schema: typeof schema === "string" ? await schemaIn(schema, folder) : schema }),
  };
}

async function schemaIn(file: string, folder: string): Promise<JsonSchema> {
  const text = await textIn(file, folder, "--schema");
  try {
    const schema = JSON.parse(text) as unknown;
    if (isObject(schema)) return schema;
  } catch {
    // The parser's own message quotes the text.
  }
  throw new ArgumentError(`Expected --schema ${file} to be a JSON Schema, got another text. Give an object in JSON.`);
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
