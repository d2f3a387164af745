import { pipeline, Readable } from "node:stream";
import { ArgumentError } from "@batchwise/core";
import { type CsvError, type Info, parse } from "csv-parse";
import { type InputRecord, type InputSource, IN_ENCODING, unreadable } from "./input-record.ts";
import { utf8 } from "./lines.ts";
import { chunksAfter, peek } from "./peek.ts";

/** Form of a table. */
export interface CsvForm {
  /** Text between the values of a row. @default that of a first line `sep=;`, as Excel reads it, or else a comma */
  readonly delimiter: string | undefined;
  /** False where the first row is one of values: the columns are named 1, 2 and so on. */
  readonly header: boolean;
}

type CsvSource = Pick<InputSource, "columns" | "records" | "mayLackHeader">;

/**
 * Opens a table. Quotes inside a value that does not begin with one are plain text. Rows end with a line feed, with a
 * carriage return before it or not; or with a carriage return alone, where no line feed is near. Empty lines are no rows.
 *
 * @throws ArgumentError for a first row that cannot be read, or that another delimiter separates
 */
export async function openCsv(
  source: AsyncIterable<Buffer>,
  { delimiter, header }: CsvForm,
  size: number | undefined,
): Promise<CsvSource> {
  const { head, chunks } = await peek(
    source,
    (bytes) => bytes.length > LONGEST_HEAD || /[\r\n]./s.test(bytes.toString("latin1")),
  );
  const hint = HINT.exec(head.toString("latin1"));
  const skipped = hint?.[0].length ?? 0;
  const separator = delimiter === undefined ? (hint?.[1] ?? ",") : Buffer.from(delimiter).toString("latin1");
  const parser = parse({
    // A character for each byte: what the parser decodes, it does without saying what it could not.
    encoding: "latin1",
    delimiter: separator,
    record_delimiter: head.includes("\n") || !head.includes("\r") ? ["\r\n", "\n"] : "\r",
    info: true,
    skip_empty_lines: true,
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
  pipeline(Readable.from(chunksAfter(skipped, chunks), { objectMode: false }), parser, () => undefined);
  const rows = rowsOf(parser as AsyncIterable<Row | Failure>);
  const first = await rows.next();
  if (first.done === true) return { ...(header && { columns: [] }), records: nothing() };
  const names = textsOf(first.value);
  if (names === undefined) {
    throw new ArgumentError(
      `Expected line ${first.value.info.lines} to be in the file's encoding, got other bytes. Name it with --encoding.`,
    );
  }
  const columns = header ? names : names.map((_, at) => String(at + 1));
  if (delimiter === undefined && hint === null) checkDelimiter(names);
  const from = { lines: hint === null ? 0 : 1, bytes: skipped };
  return {
    columns,
    records: records(rows, columns, { from, size, first: header ? [] : [first.value] }),
    mayLackHeader: header && columns.length === 1,
  };
}

/** First line that says the delimiter, which Excel takes as no row. */
const HINT = /^"?sep=(.)"?(?:\r?\n|\r|$)/i;
/** Bytes within which a line is looked for. */
const LONGEST_HEAD = 64 * 1024;

interface Row {
  readonly record: readonly string[];
  readonly info: Info;
}

interface Failure {
  readonly error: CsvError | undefined;
}

interface RowsPlace {
  /** Lines and bytes before the parser's first. */
  readonly from: Pick<Info, "lines" | "bytes">;
  readonly size: number | undefined;
  /** Rows that were read already. */
  readonly first: readonly Row[];
}

async function* records(
  rows: AsyncGenerator<Row, void>,
  columns: readonly string[],
  { from, size, first }: RowsPlace,
): AsyncGenerator<InputRecord, void> {
  const recordOf = (row: Row): InputRecord => {
    const bytes = row.info.bytes + from.bytes;
    const place = `line ${row.info.lines + from.lines}`;
    const end = Math.min(bytes, size ?? bytes);
    const values = textsOf(row);
    if (values === undefined) return unreadable(place, end, IN_ENCODING);
    if (values.length === columns.length) {
      return { place, end, value: Object.fromEntries(columns.map((column, at) => [column, values[at]])) };
    }
    return unreadable(place, end, `have ${columns.length} values, one for each column, got ${values.length}.`);
  };
  try {
    for (const row of first) yield recordOf(row);
    for await (const row of rows) yield recordOf(row);
  } finally {
    await rows.return();
  }
}

async function* nothing(): AsyncGenerator<InputRecord, void> {
  // A file without a row.
}

/** @throws ArgumentError where a semicolon, tab or bar separates the first row rather than the commas do */
function checkDelimiter(names: readonly string[]): void {
  const other = OTHERS.find(({ text }) => names.join("").split(text).length > names.length);
  if (other === undefined) return;
  throw new ArgumentError(
    `Expected commas between the values of the first row, got more ${other.name}. Give --delimiter '${other.shown}', or --delimiter , for commas.`,
  );
}

const OTHERS = [
  { text: ";", name: "semicolons", shown: ";" },
  { text: "\t", name: "tabs", shown: "\\t" },
  { text: "|", name: "bars", shown: "|" },
] as const;

/** Values of a row; undefined where one is not UTF-8. */
function textsOf({ record }: Row): string[] | undefined {
  const texts = record.map((value) => utf8(Buffer.from(value, "latin1")));
  return texts.includes(undefined) ? undefined : (texts as string[]);
}

async function* rowsOf(parsed: AsyncIterable<Row | Failure>): AsyncGenerator<Row, void> {
  for await (const row of parsed) {
    // The parser's own message may quote the value.
    if ("error" in row) throw new ArgumentError(`Expected rows of CSV, got other text (${row.error?.code}). ${ADVICE}`);
    yield row;
  }
}

const ADVICE = "A value that begins with a quote has to end with one, and quotes in between are doubled.";
