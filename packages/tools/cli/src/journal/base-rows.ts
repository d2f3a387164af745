import { createReadStream } from "node:fs";
import { ArgumentError } from "@batchwise/core";
import type { Kept } from "../inputs/kept.ts";
import { type Line, linesOf } from "../inputs/lines.ts";
import { openTable, type TypedFormat } from "../inputs/typed-table.ts";
import type { OutputFormat, TableShape } from "../outputs/encoder.ts";
import { LINE_BEGINNING } from "../outputs/jsonl-encoder.ts";
import { ownColumns } from "../outputs/own-names.ts";
import type { Outcome, Row } from "../outputs/row.ts";
import type { RowFormat } from "./row-format.ts";

/** Output file and its format. */
export interface OutputFile {
  /** Real path. */
  readonly file: string;
  /** Path as the user gave it, for messages. */
  readonly name: string;
  readonly format: OutputFormat;
  readonly shape: TableShape;
}

/** Row of an output that is there. */
export interface BaseRow {
  readonly isFailed: boolean;
  /** Line of its `RowFormat`. */
  readonly line: string;
  /** Bytes of the file up to its end, in a format that grows. */
  readonly end: number;
}

/**
 * Rows of an output from its first one on. A last row that was cut short is none.
 *
 * @throws ArgumentError for a file that is not the output of a run
 */
export async function* baseRows(output: OutputFile, rowFormat: RowFormat): AsyncGenerator<BaseRow, void> {
  const { format, shape } = output;
  if (format === "jsonl") {
    yield* jsonlRows(output);
    return;
  }
  let index = 0;
  for await (const { values, end } of format === "csv" ? csvRows(output) : typedRows(output.file, format)) {
    const row = rowOf(values, shape.keep);
    if (row.index !== index) throw noRow(output, `row ${index + 1}`, index);
    index++;
    yield { line: rowFormat.line(row), isFailed: "error" in row.outcome, end };
  }
}

async function* jsonlRows(output: OutputFile): AsyncGenerator<BaseRow, void> {
  for await (const { bytes, number, end, isWhole } of linesOf(createReadStream(output.file))) {
    if (!isWhole) return;
    const match = LINE_BEGINNING.exec(bytes.toString("latin1", 0, 40));
    if (Number(match?.[1]) !== number - 1) throw noRow(output, `line ${number}`, number - 1);
    yield { line: `${bytes.toString()}\n`, isFailed: match?.[2] === "error", end };
  }
}

interface TableRow {
  readonly values: Kept;
  readonly end: number;
}

async function* typedRows(file: string, format: TypedFormat): AsyncGenerator<TableRow, void> {
  const { records } = await openTable(format, file);
  for await (const record of records) {
    if (!("value" in record)) continue;
    const { output } = record.value as Kept;
    // What is kept has all its digits; a vector has numbers.
    yield { values: { ...((record.exact ?? record.value) as Kept), output }, end: 0 };
  }
}

/** Rows of our own CSV: it ends a row at a line feed outside of quotes. */
async function* csvRows({ file, name: output, shape }: OutputFile): AsyncGenerator<TableRow, void> {
  const columns = [...ownColumns(shape), ...shape.keep];
  // Only a CSV that is resumed needs them.
  const [{ parse }, { csvColumns }] = await Promise.all([
    import("csv-parse/sync"),
    import("../outputs/csv-encoder.ts"),
  ]);
  const header = csvColumns(shape).join("\n");
  let parts: Line[] = [];
  let isHeader = true;
  for await (const line of linesOf(createReadStream(file))) {
    if (!line.isWhole) return;
    parts.push(line);
    const text = parts.map(({ bytes }) => `${bytes.toString()}\n`).join("");
    if ((text.split('"').length - 1) % 2 === 1) continue;
    const [cells = []] = parse(text);
    if (isHeader ? cells.join("\n") !== header : cells.length !== columns.length) {
      throw new ArgumentError(
        `Expected ${output} to have the columns ${columns.join(", ")}, got others. Give another --output, or --overwrite.`,
      );
    }
    const filled = columns.map((name, at) => [name, cells[at] === "" ? undefined : cells[at]] as const);
    if (!isHeader) yield { values: Object.fromEntries(filled), end: line.end };
    isHeader = false;
    parts = [];
  }
}

function rowOf(values: Kept, keep: readonly string[]): Row {
  const { index, output, error_code: code, error_message: message, error_status: status } = values;
  const kept = Object.fromEntries(keep.map((name) => [name, values[name] ?? undefined]));
  const outcome: Outcome =
    code === undefined || code === null
      ? { output: Array.isArray(output) ? Float32Array.from(output as number[]) : output }
      : {
          error: { code, message, ...(status !== undefined && status !== null && { status: Number(status) }) } as never,
        };
  return { index: Number(index), kept, outcome };
}

function noRow({ name }: OutputFile, place: string, index: number): ArgumentError {
  return new ArgumentError(
    `Expected ${place} of ${name} to be the row of the input at ${index}, got another. Give another --output, or --overwrite.`,
  );
}
