import { type Readable, pipeline } from "node:stream";
import { ArgumentError } from "@batchwise/core";
import { type CsvError, type Info, parse } from "csv-parse";
import { type InputRecord, type InputSource, unreadable } from "./input-record.ts";

/**
 * Opens a table whose first row names its columns. Quotes inside a value that does not begin with one are plain text.
 *
 * @throws ArgumentError for a first row that cannot be read
 */
export async function openCsv(
  stream: Readable,
  size: number | undefined,
): Promise<Pick<InputSource, "columns" | "records">> {
  const parser = parse({
    bom: true,
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
  pipeline(stream, parser, () => undefined);
  const rows = rowsOf(parser as AsyncIterable<Row | { readonly error: CsvError | undefined }>);
  const header = await rows.next();
  const columns = header.done === true ? [] : header.value.record;
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
    for await (const { record, info } of rows) {
      const place = `line ${info.lines}`;
      const end = Math.min(info.bytes, size ?? info.bytes);
      if (record.length === columns.length) {
        yield { place, end, value: Object.fromEntries(columns.map((column, at) => [column, record[at]])) };
      } else {
        yield unreadable(place, end, `have ${columns.length} values, one for each column, got ${record.length}.`);
      }
    }
  } finally {
    await rows.return();
  }
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
