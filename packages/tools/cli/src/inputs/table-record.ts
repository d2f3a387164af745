import type { ColumnType } from "../columns/column-type.ts";
import { columnValue, MistypedValue } from "../columns/exact-value.ts";
import { IN_ENCODING, type InputRecord, unreadable } from "./input-record.ts";

/** Cell of a table with types: its column's name, its value as a Parquet reader gives it, and its type. */
export type TypedCell = readonly [name: string, read: unknown, type: ColumnType];

/** Record of a row of a table with types. @param row its position from 1 @param end position in the source after it */
export function tableRecord(row: number, end: number, cells: readonly TypedCell[]): InputRecord {
  const value: Record<string, unknown> = {};
  const exact: Record<string, unknown> = {};
  const place = `row ${row}`;
  for (const [name, stored, type] of cells) {
    try {
      const read = columnValue(stored, type);
      value[name] = read.value;
      exact[name] = read.exact;
    } catch (error) {
      if (!(error instanceof MistypedValue)) throw error;
      return unreadable(place, end, error.kind === "text" ? IN_ENCODING : jsonIn(name));
    }
  }
  return { place, end, value, exact };
}

function jsonIn(name: string): string {
  return `have JSON in the column ${name}, as its type says, got another text. Correct it, or cast the column to text.`;
}
