import { stripVTControlCharacters } from "node:util";
import Table from "cli-table3";
import stringWidth from "string-width";
import wrapAnsi from "wrap-ansi";
import { outputText } from "../outputs/cells.ts";
import { jsonOf } from "../outputs/json.ts";
import { type Outcome, reportedError } from "../outputs/row.ts";

/** Row of a sample. */
export interface SampleRow {
  /** Position of the input among all, from 0. */
  readonly index: number;
  /** Undefined where the record was none. */
  readonly input: unknown;
  readonly outcome: Outcome;
}

/**
 * Rows as a table for a terminal: position, input, and output, or a column for each property. Where these are too many for
 * the width, each row is a table of two columns. Control characters of inputs and answers are not passed to the terminal.
 */
export function tableOf(rows: readonly SampleRow[], properties: readonly string[], width: number): string {
  const head = ["index", "input", ...(properties.length === 0 ? ["output"] : properties)];
  const cells = rows.map((row) => cellsOf(row, properties));
  const widths = widthsOf([head, ...cells], width);
  if (widths !== undefined) return drawn(cells, widths, head);
  const pairs = cells.map((row) => row.map((cell, at) => [head[at] ?? "", cell]));
  const narrow = widthsOf(pairs.flat(), width) ?? [LEAST, Math.max(LEAST, width - LEAST - 3)];
  return pairs.map((row) => drawn(row, narrow, undefined)).join("\n");
}

/** Least width of a column, and the longest text of a cell. */
const LEAST = 8;
const LONGEST = 300;
const SHOWN_NUMBERS = 4;

function drawn(
  rows: readonly (readonly string[])[],
  colWidths: readonly number[],
  head: readonly string[] | undefined,
): string {
  const table = new Table({
    ...(head !== undefined && { head: [...head] }),
    colWidths: [...colWidths],
    style: { head: [], border: [] },
  });
  // The table's own wrapping cuts words that are longer than a line.
  table.push(...rows.map((row) => row.map((cell, at) => wrapAnsi(cell, (colWidths[at] ?? LEAST) - 2, { hard: true }))));
  return table.toString();
}

function cellsOf({ index, input, outcome }: SampleRow, properties: readonly string[]): string[] {
  const first = [String(index), cellOf(input)];
  if ("error" in outcome) {
    const { code, message } = reportedError(outcome.error);
    return [...first, cellOf(`${code}: ${message}`), ...properties.slice(1).map(() => "")];
  }
  const { output } = outcome;
  if (properties.length === 0)
    return [
      ...first,
      output instanceof Float32Array ? vectorText(output) : cellOf(outputText({ index, kept: {}, outcome })),
    ];
  return [...first, ...properties.map((name) => cellOf((output as Readonly<Record<string, unknown>> | null)?.[name]))];
}

function vectorText(vector: Float32Array): string {
  const numbers = Array.from(vector.subarray(0, SHOWN_NUMBERS), (number) => number.toPrecision(3)).join(", ");
  return `${numbers}${vector.length > SHOWN_NUMBERS ? ", ..." : ""} (${vector.length} numbers)`;
}

function cellOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  const text = stripVTControlCharacters(typeof value === "string" ? value : jsonOf(value)).replaceAll("\t", "  ");
  const clean = text.replaceAll("\r\n", "\n").replaceAll(CONTROL, "\u00B7");
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST - 1)}…` : clean;
}

/** Control characters but line feeds, and those that change the direction of a text. */
// oxlint-disable-next-line no-control-regex -- these are meant
const CONTROL = /[\0-\u0009\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/g;

/** Widths of columns, with their padding; undefined where one would be less than the least. */
function widthsOf(rows: readonly (readonly string[])[], width: number): number[] | undefined {
  const wanted = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => longestLine(row[at] ?? ""))) + 2);
  const room = width - wanted.length - 1;
  const sum = (): number => wanted.reduce((all, each) => all + each, 0);
  while (sum() > room) {
    const widest = Math.max(...wanted);
    if (widest <= LEAST) return undefined;
    wanted[wanted.indexOf(widest)] = widest - 1;
  }
  return wanted;
}

function longestLine(text: string): number {
  return Math.max(...text.split("\n").map((line) => stringWidth(line)));
}
