import type { SchemaElement, SchemaTree } from "hyparquet";

/** Kind of a column's values. */
export type ColumnKind =
  | "integer"
  | "float"
  | "decimal"
  | "boolean"
  | "timestamp"
  | "date"
  /** Time of a day. */
  | "time"
  /** Months, days and milliseconds, which no output holds. */
  | "interval"
  | "uuid"
  | "bytes"
  | "text"
  | "json"
  /** Lists and objects, which become JSON. */
  | "nested"
  /** Lists and objects with values that JSON does not hold: bytes and intervals. */
  | "opaque";

/** Type of a column as its file declares it, so that a kept one has it in an output as well. */
export interface ColumnType {
  readonly kind: ColumnKind;
  /** Column of Parquet. */
  readonly element: SchemaElement;
  /** Types in a list or an object, as Parquet nests them. */
  readonly children?: readonly ColumnType[];
}

/** Types of columns by their names. A column without one is text. */
export type ColumnTypes = Readonly<Record<string, ColumnType>>;

export function columnTypeOf(tree: SchemaTree): ColumnType {
  const { element } = tree;
  // What the reader makes of a variant has types of its own.
  if (element.logical_type?.type === "VARIANT") return { kind: "nested", element };
  const isList = element.repetition_type === "REPEATED";
  if (tree.children.length === 0 && !isList) return { kind: kindOf(element), element };
  const children = tree.children.length === 0 ? [{ kind: kindOf(element), element }] : tree.children.map(columnTypeOf);
  return { kind: children.some(isOpaque) ? "opaque" : "nested", element, children };
}

/** True for an element of decimals, in a list or an object too. */
export function isDecimal(element: SchemaElement): boolean {
  return kindOf(element) === "decimal";
}

/** Count of the places of a decimal after its point. */
export function scaleOf({ scale, logical_type: logical }: SchemaElement): number {
  return scale ?? (logical?.type === "DECIMAL" ? logical.scale : 0);
}

/** Digits of the fraction of a second of a timestamp or a time. */
export function fractionDigitsOf({ type, converted_type: converted, logical_type: logical }: SchemaElement): number {
  const unit = logical?.type === "TIMESTAMP" || logical?.type === "TIME" ? logical.unit : converted;
  if (type === "INT96" || unit === "NANOS") return 9;
  return unit?.endsWith("MICROS") === true ? 6 : 3;
}

/** True for a timestamp of a moment, false for one of a calendar and a clock without a zone. */
export function isMoment({ type, logical_type: logical }: SchemaElement): boolean {
  return type !== "INT96" && !(logical?.type === "TIMESTAMP" && !logical.isAdjustedToUTC);
}

function isOpaque({ kind }: ColumnType): boolean {
  return kind === "opaque" || kind === "bytes" || kind === "interval";
}

function kindOf({ type, converted_type: converted, logical_type: logical }: SchemaElement): ColumnKind {
  const name = logical?.type ?? converted;
  if (name === "DECIMAL" || converted === "DECIMAL") return "decimal";
  if (name === "DATE") return "date";
  if (type === "INT96" || name === "TIMESTAMP" || name?.startsWith("TIMESTAMP_") === true) return "timestamp";
  if (name === "TIME" || name === "TIME_MILLIS" || name === "TIME_MICROS") return "time";
  if (name === "INTERVAL") return "interval";
  if (name === "UUID" || name === "JSON") return name === "UUID" ? "uuid" : "json";
  if (name === "FLOAT16" || type === "FLOAT" || type === "DOUBLE") return "float";
  if (type === "BOOLEAN") return "boolean";
  if (type === "INT32" || type === "INT64") return "integer";
  if (name === "UTF8" || name === "STRING" || name === "ENUM") return "text";
  return name === "GEOMETRY" || name === "GEOGRAPHY" ? "nested" : "bytes";
}
