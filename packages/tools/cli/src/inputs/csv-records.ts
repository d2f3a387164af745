import { pipeline, Readable } from "node:stream";
import { ArgumentError } from "@batchwise/core";
import { type CsvError, type Info, parse } from "csv-parse";
import { type InputRecord, type InputSource, unreadable } from "./input-record.ts";
import { utf8 } from "./lines.ts";
import { textBytes } from "./text-bytes.ts";

/**
 * Opens a table whose first row names its columns. Quotes inside a value that does not begin with one are plain text. Rows
 * end with a line feed, with a carriage return before it or not; or with a carriage return alone, where no line feed is near.
 *
 * @throws ArgumentError for a first row that cannot be read
 */
export async function openCsv(
  stream: Readable,
  size: number | undefined,
): Promise<Pick<InputSource, "columns" | "records">> {
  const bytes = textBytes(stream);
  const first = (await bytes.next()).value ?? Buffer.alloc(0);
  const parser = parse({
    // A character for each byte: what the parser decodes, it does without saying what it could not.
    encoding: "latin1",
    record_delimiter: first.includes("\n") || !first.includes("\r") ? ["\r\n", "\n"] : "\r",
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    max_record_size: 0,
    // In its turn: an error that the parser throws would discard the rows before it.
    skip_records_with_error: true,
    on_skip: (error) => {
      parser.push({ error });
      return undefined;
    },
  });
  // An error of the file reaches the reader of the parser.
  pipeline(Readable.from(withFirst(first, bytes)), parser, () => undefined);
  const rows = rowsOf(parser as AsyncIterable<Row | { readonly error: CsvError | undefined }>);
  const header = await rows.next();
  const columns = header.done === true ? [] : textsOf(header.value);
  if (columns === undefined)
    throw new ArgumentError("Expected line 1 to be UTF-8, got other bytes. Save the file as UTF-8.");
  return { columns, records: records(rows, columns, size) };
}

interface Row {
  readonly record: readonly string[];
  readonly info: Info;
}

async function* records(
  rows: AsyncGenerator<Row, void>,
  columns: readonly string[],
  size: number | undefined,
): AsyncGenerator<InputRecord, void> {
  try {
    for await (const row of rows) {
      const { bytes, lines } = row.info;
      const place = `line ${lines}`;
      const end = Math.min(bytes, size ?? bytes);
      const values = textsOf(row);
      if (values === undefined) yield unreadable(place, end, "be UTF-8, got other bytes. Save the file as UTF-8.");
      else if (values.length === columns.length) {
        yield { place, end, value: Object.fromEntries(columns.map((column, at) => [column, values[at]])) };
      } else {
        yield unreadable(place, end, `have ${columns.length} values, one for each column, got ${values.length}.`);
      }
    }
  } finally {
    await rows.return();
  }
}

/** Values of a row; undefined where one is not UTF-8. */
function textsOf({ record }: Row): string[] | undefined {
  const texts = record.map((value) => utf8(Buffer.from(value, "latin1")));
  return texts.includes(undefined) ? undefined : (texts as string[]);
}

async function* withFirst(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  yield first;
  yield* rest;
}

async function* rowsOf(
  parsed: AsyncIterable<Row | { readonly error: CsvError | undefined }>,
): AsyncGenerator<Row, void> {
  for await (const row of parsed) {
    // The parser's own message may quote the value.
    if ("error" in row) throw new ArgumentError(`Expected rows of CSV, got other text (${row.error?.code}). ${ADVICE}`);
    yield row;
  }
}

const ADVICE = "A value that begins with a quote has to end with one, and quotes in between are doubled.";
