import type { ReadStream } from "node:fs";
import { open } from "node:fs/promises";
import path from "node:path";
import type { Readable } from "node:stream";
import { ArgumentError } from "@batchwise/core";
import { reasonOf } from "../reason-of.ts";
import { INPUT_FORMATS, type InputFormat, type InputRecord, type InputSource } from "./input-record.ts";
import { textBytes } from "./text-bytes.ts";
import { jsonlRecords, textRecords } from "./text-records.ts";
import { isTypedFormat, openTable, type TypedFormat } from "./typed-table.ts";
import { checkFetched, unpacked } from "./unpacked.ts";

/** File to open, and the columns to read. */
export interface InputChoice extends InputForm {
  /** Path, or `-` for standard input. */
  readonly input: string;
  /** Name of the file for messages. @default the path */
  readonly name?: string;
  /** Columns of a table that will be read. @default all */
  readonly wanted: readonly string[] | undefined;
  /** Most records that will be read. @default all */
  readonly limit?: number | undefined;
  readonly stdin: Readable;
}

/** Form of a file, where its name and its first bytes do not say it. */
export interface InputForm {
  /** Format. @default by the file's extension; JSONL for standard input */
  readonly format?: InputFormat | undefined;
  /** Text between the values of a row of CSV. @default by the first line `sep=;` where there is one, or else a comma; a tab in `.tsv` */
  readonly delimiter?: string | undefined;
  /** Character around values of CSV; `none` where quotes are plain text. @default " */
  readonly quote?: string | undefined;
  /** Character before a quote within quotes: a backslash in files of Spark and MySQL. With the quote `none`, character before letters, line ends and delimiters in a database's text format. @default the quote itself, or none */
  readonly escape?: string | undefined;
  /** False where the first row of CSV is one of values: its columns are 1, 2 and so on. @default true */
  readonly header?: boolean | undefined;
  /** Encoding of a text file, by its name on the web: `windows-1252`, `gbk`. @default by a byte order mark, or else UTF-8 */
  readonly encoding?: string | undefined;
}

/**
 * Opens a file of inputs. Only its first bytes, or a table's head, are read before its records are.
 *
 * @throws ArgumentError for a file that cannot be read, or whose format is unknown
 */
export async function openInput(choice: InputChoice): Promise<InputSource> {
  const { input, stdin } = choice;
  const format = formatOf(choice);
  checkForm(choice, format);
  if (input === "-") {
    if (isTypedFormat(format)) throw new ArgumentError(`Expected a file for ${format}, got standard input. Give one.`);
    return fromStream(format, stdin, choice);
  }
  let size: number;
  let stream: ReadStream;
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
    throw new ArgumentError(`Expected the input ${choice.name ?? input} to be readable, got ${reasonOf(error)}.`);
  }
  if (!isTypedFormat(format)) return fromStream(format, stream, choice, size === 0 ? undefined : size);
  // It is read by position.
  stream.destroy();
  await checkFetched(format, input);
  return { format, ...(await openTable(format, input, choice.wanted, choice.limit)) };
}

type TextFormat = Exclude<InputFormat, TypedFormat>;

async function fromStream(format: TextFormat, stream: Readable, form: InputForm, size?: number): Promise<InputSource> {
  const close = (): void => void stream.destroy();
  try {
    const bytes = await unpacked(stream);
    const { chunks, isConverted } = await textBytes(bytes.chunks, form.encoding);
    const isExact = !bytes.isConverted && !isConverted;
    const opened = await fromText(format, chunks, form, isExact ? size : undefined);
    if (isExact) return { format, size, ...opened, close };
    const isLarge = size !== undefined && size >= LARGE;
    const records = isLarge ? measured(opened.records, stream as ReadStream) : opened.records;
    return { format, ...opened, size: isLarge ? size : undefined, records, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Bytes of a file of which what is read ahead is a small share. */
const LARGE = 1024 * 1024;

/** Records whose end is that of what was read of the file: they have positions in other bytes. */
async function* measured(records: AsyncIterable<InputRecord>, file: ReadStream): AsyncGenerator<InputRecord, void> {
  for await (const record of records) yield { ...record, end: file.bytesRead };
}

async function fromText(
  format: TextFormat,
  chunks: AsyncIterable<Buffer>,
  { delimiter, quote = '"', escape, header = true }: InputForm,
  size: number | undefined,
): Promise<Pick<InputSource, "columns" | "records" | "mayLackHeader">> {
  if (format === "text") return { records: textRecords(chunks) };
  if (format === "json") {
    const { openJson } = await import("./json-records.ts");
    return { records: await openJson(chunks) };
  }
  if (format === "jsonl") return { records: jsonlRecords(chunks) };
  const separator = delimiter === "\\t" ? "\t" : delimiter;
  const form = {
    delimiter: separator ?? (format === "tsv" ? "\t" : undefined),
    quote: quote === NO_QUOTE ? null : quote,
    escape,
    header,
  };
  const { openCsv } = await import("./csv-records.ts");
  return openCsv(chunks, form, size);
}

/** Name of the quote of a table that has none. */
const NO_QUOTE = "none";

const EXTENSIONS: Readonly<Record<string, InputFormat>> = {
  ".jsonl": "jsonl",
  ".ndjson": "jsonl",
  ".json": "json",
  ".txt": "text",
  ".csv": "csv",
  ".tsv": "tsv",
  ".parquet": "parquet",
  ".arrow": "arrow",
  ".arrows": "arrow",
  ".feather": "arrow",
  ".ipc": "arrow",
};

/** Ends of the names of files that are packed. */
const PACKED = /\.(gz|zst)$/i;

/** @throws ArgumentError for an extension that is unknown */
export function formatOf({ input, name = input, format }: Pick<InputChoice, "input" | "name" | "format">): InputFormat {
  if (input === "-") return format ?? "jsonl";
  const known = format ?? EXTENSIONS[path.extname(input.replace(PACKED, "")).toLowerCase()];
  if (isTypedFormat(known) && PACKED.test(input)) {
    throw new ArgumentError(`Expected ${known} that is not packed again, got ${name}. Unpack it.`);
  }
  if (known !== undefined) return known;
  throw new ArgumentError(
    `Expected ${name} to have a known extension, got another. Give --format ${INPUT_FORMATS.join(", ")}; save a workbook as CSV UTF-8.`,
  );
}

/** @throws ArgumentError for an option that another format has */
function checkForm({ delimiter, quote, escape, header, encoding }: InputForm, format: InputFormat): void {
  const isTable = format === "csv" || format === "tsv";
  if (delimiter === "")
    throw new ArgumentError("Expected --delimiter to be a text, got an empty one. Give one, such as ;.");
  for (const [name, value] of Object.entries({ quote: quote === NO_QUOTE ? undefined : quote, escape })) {
    if (value !== undefined && value.length !== 1)
      throw new ArgumentError(`Expected --${name} to be one character, got ${value.length}. Give one, such as '.`);
  }
  if (!isTable && (header === false || [delimiter, quote, escape].some((each) => each !== undefined))) {
    throw new ArgumentError(
      `Expected CSV for --delimiter, --quote, --escape or --no-header, got ${format}. Leave it out, or give --format csv.`,
    );
  }
  if (isTypedFormat(format) && encoding !== undefined) {
    throw new ArgumentError(`Expected a text file for --encoding, got ${format}, which has its own. Leave it out.`);
  }
}
