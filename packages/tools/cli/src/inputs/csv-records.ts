import { pipeline, Readable } from "node:stream";
import { ArgumentError } from "@batchwise/core";
import { type CsvError, type Info, parse } from "csv-parse";
import { type InputRecord, type InputSource, IN_ENCODING, unreadable } from "./input-record.ts";
import { doubled, unbroken, unescaped } from "./escapes.ts";
import { utf8 } from "./lines.ts";
import { chunksAfter, peek } from "./peek.ts";

/** Form of a table. */
export interface CsvForm {
  /** Text between the values of a row. @default that of a first line `sep=;`, as Excel reads it, or else a comma */
  readonly delimiter: string | undefined;
  /** Character around values; null where quotes are plain text. */
  readonly quote: string | null;
  /** Character before a quote within quotes, or before others where there are no quotes. @default another quote, or none */
  readonly escape: string | undefined;
  /** False where the first row is one of values: the columns are named 1, 2 and so on. */
  readonly header: boolean;
}

type CsvSource = Pick<InputSource, "columns" | "records" | "mayLackHeader">;

/**
 * Opens a table. Quotes inside a value that does not begin with one are plain text; a row with a value that goes on after
 * its closing quote fails, as it may hold others. Rows end with a line feed, with a
 * carriage return before it or not; or with a carriage return alone, where no line feed is near. Empty lines are no rows.
 *
 * @throws ArgumentError for a first row that cannot be read, or that another delimiter separates
 */
export async function openCsv(
  source: AsyncIterable<Buffer>,
  form: CsvForm,
  size: number | undefined,
): Promise<CsvSource> {
  const { delimiter, header, escape } = form;
  const mark = form.quote === null ? null : bytesOf(form.quote);
  const { head, chunks } = await peek(
    source,
    (bytes) => bytes.length > LONGEST_HEAD || /[\r\n]./s.test(bytes.toString("latin1")),
  );
  const hint = HINT.exec(head.toString("latin1"));
  const skipped = hint?.[0].length ?? 0;
  const separator = delimiter === undefined ? (hint?.[1] ?? ",") : bytesOf(delimiter);
  const parser = parse({
    // A character for each byte: what the parser decodes, it does without saying what it could not.
    encoding: "latin1",
    delimiter: separator,
    quote: mark,
    escape: mark,
    record_delimiter: head.includes("\n") || !head.includes("\r") ? ["\r\n", "\n"] : "\r",
    info: true,
    raw: true,
    skip_empty_lines: true,
    relax_column_count: true,
    relax_quotes: true,
    max_record_size: LONGEST_ROW,
    // In its turn: an error that the parser throws would discard the rows before it.
    skip_records_with_error: true,
    on_skip: (error) => {
      parser.push({ error });
      return undefined;
    },
  });
  // An error of the file reaches the reader of the parser.
  const text = chunksAfter(skipped, chunks);
  const before = escape === undefined ? undefined : bytesOf(escape);
  const bytes =
    before === undefined ? text : mark === null ? unbroken(text, before, separator) : doubled(text, before, mark);
  pipeline(Readable.from(bytes, { objectMode: false }), parser, () => undefined);
  const from = { lines: hint === null ? 0 : 1, bytes: skipped };
  const rows = rowsOf(parser as AsyncIterable<Row | Failure>, from.lines);
  const first = await rows.next();
  if (first.done === true) return { ...(header && { columns: [] }), records: nothing() };
  const reading = { mark, separator, escape: mark === null ? before : undefined };
  const read = valuesOf(first.value, reading);
  if (!Array.isArray(read)) {
    const message = `Expected line ${first.value.info.lines} to ${read.expected}`;
    throw new ArgumentError(message);
  }
  const names = read.map((name) => name ?? NULL);
  const columns = header ? names : names.map((_, at) => String(at + 1));
  if (delimiter === undefined && hint === null) checkDelimiter(names);
  return {
    columns,
    records: records(rows, columns, { ...reading, from, size, first: header ? [] : [first.value] }),
    mayLackHeader: header && columns.length === 1,
  };
}

/** First line that says the delimiter, which Excel takes as no row. */
const HINT = /^"?sep=(.)"?(?:\r?\n|\r|$)/i;
/** Bytes of a row: a quote that never ends would take the rest of a large file into memory. */
const LONGEST_ROW = 32 * 1024 * 1024;
/** Bytes within which a line is looked for. */
const LONGEST_HEAD = 64 * 1024;

interface Row {
  readonly record: readonly string[];
  readonly info: Info;
  readonly raw: string;
}

interface Failure {
  readonly error: CsvError | undefined;
}

interface Reading {
  /** Quote of values. */
  readonly mark: string | null;
  readonly separator: string;
  /** Character before others in values without quotes. */
  readonly escape: string | undefined;
}

interface RowsPlace extends Reading {
  /** Lines and bytes before the parser's first. */
  readonly from: Pick<Info, "lines" | "bytes">;
  readonly size: number | undefined;
  /** Rows that were read already. */
  readonly first: readonly Row[];
}

async function* records(
  rows: AsyncGenerator<Row, void>,
  columns: readonly string[],
  { from, size, first, ...reading }: RowsPlace,
): AsyncGenerator<InputRecord, void> {
  const named = columns.findLastIndex((name) => name !== "") + 1;
  const recordOf = (row: Row): InputRecord => {
    const bytes = row.info.bytes + from.bytes;
    const place = `line ${row.info.lines + from.lines}`;
    const end = Math.min(bytes, size ?? bytes);
    const values = valuesOf(row, reading);
    if (!Array.isArray(values)) return unreadable(place, end, values.expected);
    // A delimiter at the end of rows, or of the header, is followed by no value.
    if (values.length >= named && values.slice(columns.length).every((value) => value === "")) {
      const cells = columns.map((column, at) => [column, at < values.length ? values[at] : ""] as const);
      return { place, end, value: Object.fromEntries(cells) };
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

/** Values of a row, or what it should be. */
function valuesOf({ record, raw }: Row, { mark, separator, escape }: Reading): (string | null)[] | Unfit {
  // Where a quote was closed before its value ended, the parser puts the first quote back.
  if (mark !== null && record.some((value) => value.startsWith(mark) && !raw.includes(quoted(value, mark)))) {
    return { expected: `have a delimiter or its end after a closing quote, got other text. ${ADVICE}` };
  }
  const texts = record.map((value) => {
    if (value === NULL && (mark === null || !raw.includes(mark + NULL + mark))) return null;
    const bytes = escape === undefined ? value : unescaped(value, escape, separator);
    return utf8(Buffer.from(bytes, "latin1"));
  });
  return texts.includes(undefined) ? { expected: IN_ENCODING } : (texts as (string | null)[]);
}

/** Value without quotes that Postgres, MySQL, Snowflake and ClickHouse write for null. */
const NULL = "\\N";

interface Unfit {
  readonly expected: string;
}

/** Beginning of a value with a quote of its own, as it is written. */
function quoted(value: string, mark: string): string {
  return mark + mark + mark + (value.slice(mark.length).split(mark)[0] ?? "");
}

async function* rowsOf(parsed: AsyncIterable<Row | Failure>, linesBefore: number): AsyncGenerator<Row, void> {
  let line = linesBefore;
  for await (const row of parsed) {
    // The parser's own message may quote the value.
    if ("error" in row) {
      throw new ArgumentError(
        `Expected rows of CSV, got other text after line ${line} (${row.error?.code}). ${ADVICE}`,
      );
    }
    line = linesBefore + row.info.lines;
    yield row;
  }
}

const ADVICE =
  "A value that begins with a quote has to end with one, and quotes in between are doubled. --escape '\\' reads those after a backslash, --quote none takes them for text.";

/** Text as the parser reads the file: a character for each byte. */
function bytesOf(text: string): string {
  return Buffer.from(text).toString("latin1");
}
