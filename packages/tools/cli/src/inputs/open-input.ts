import { open } from "node:fs/promises";
import path from "node:path";
import type { Readable } from "node:stream";
import { ArgumentError } from "@batchwise/core";
import { reasonOf } from "../reason-of.ts";
import { openCsv } from "./csv-records.ts";
import { INPUT_FORMATS, type InputFormat, type InputSource } from "./input-record.ts";
import { openParquet } from "./parquet-records.ts";
import { jsonlRecords, textRecords } from "./text-records.ts";

/** File to open, and the columns to read. */
export interface InputChoice {
  /** Path, or `-` for standard input. */
  readonly input: string;
  /** Format. @default by the file's extension; JSONL for standard input */
  readonly format: InputFormat | undefined;
  /** Columns of a table that will be read. @default all */
  readonly wanted: readonly string[] | undefined;
  readonly stdin: Readable;
}

/**
 * Opens a file of inputs. Only a table's head is read before its records are.
 *
 * @throws ArgumentError for a file that cannot be read, or whose format is unknown
 */
export async function openInput(choice: InputChoice): Promise<InputSource> {
  const { input, stdin } = choice;
  const format = formatOf(choice);
  if (input === "-") return fromStream(format, stdin, undefined);
  let size: number;
  let stream: Readable;
  try {
    const handle = await open(input);
    const stats = await handle.stat();
    if (stats.isDirectory()) {
      await handle.close();
      throw Object.assign(new Error(), { code: "EISDIR" });
    }
    size = stats.size;
    stream = handle.createReadStream();
  } catch (error) {
    throw new ArgumentError(`Expected the input ${input} to be readable, got ${reasonOf(error)}.`);
  }
  if (format !== "parquet") return fromStream(format, stream, size === 0 ? undefined : size);
  // It is read by position.
  stream.destroy();
  return { format, ...(await openParquet(input, choice.wanted)), close: () => undefined };
}

async function fromStream(format: InputFormat, stream: Readable, size: number | undefined): Promise<InputSource> {
  const close = (): void => void stream.destroy();
  if (format === "csv") return { format, size, ...(await openCsv(stream, size)), close };
  return { format, size, records: format === "text" ? textRecords(stream) : jsonlRecords(stream), close };
}

const EXTENSIONS: Readonly<Record<string, InputFormat>> = {
  ".jsonl": "jsonl",
  ".ndjson": "jsonl",
  ".txt": "text",
  ".csv": "csv",
  ".parquet": "parquet",
};

function formatOf({ input, format }: InputChoice): InputFormat {
  if (input === "-") {
    if (format === "parquet") throw new ArgumentError("Expected a file for Parquet, got standard input. Give one.");
    return format ?? "jsonl";
  }
  const known = format ?? EXTENSIONS[path.extname(input).toLowerCase()];
  if (known !== undefined) return known;
  throw new ArgumentError(
    `Expected ${input} to have a known extension, got another. Give --format ${INPUT_FORMATS.join(", ")}.`,
  );
}
