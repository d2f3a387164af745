import type { ColumnType } from "../columns/column-type.ts";
import { columnValue } from "../columns/exact-value.ts";
import { IN_ENCODING, type InputRecord, unreadable } from "./input-record.ts";

/** Cell of a table with types: its column's name, its value as a Parquet reader gives it, and its type. */
export type TypedCell = readonly [name: string, read: unknown, type: ColumnType];

/** Record of a row of a table with types. @param row its position from 1 @param end position in the source after it */
export function tableRecord(row: number, end: number, cells: readonly TypedCell[]): InputRecord {
  const value: Record<string, unknown> = {};
  const exact: Record<string, unknown> = {};
  let isText = true;
  for (const [name, stored, type] of cells) {
    const read = columnValue(stored, type);
    value[name] = read.value;
    exact[name] = read.exact;
    if (type.kind === "text" && read.value instanceof Uint8Array) isText = false;
  }
  const place = `row ${row}`;
  return isText ? { place, end, value, exact } : unreadable(place, end, IN_ENCODING);
}
