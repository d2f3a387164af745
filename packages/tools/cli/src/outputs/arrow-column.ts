import {
  Binary,
  Bool,
  type Data,
  type DataType,
  DateDay,
  Decimal,
  Float32,
  Float64,
  Int16,
  Int32,
  Int64,
  Int8,
  makeData,
  TimeMicrosecond,
  TimeMillisecond,
  TimeNanosecond,
  TimestampMicrosecond,
  TimestampMillisecond,
  TimestampNanosecond,
  Uint16,
  Uint32,
  Uint64,
  Uint8,
  Utf8,
  vectorFromArray,
} from "apache-arrow";
import { type ColumnType, fractionDigitsOf, isMoment, scaleOf } from "../columns/column-type.ts";
import { type StoredValue, storedValue } from "../columns/stored-value.ts";

/** Column of kept values, with the type of its input where Arrow has it. */
export function keptColumn(texts: readonly (string | undefined)[], type: ColumnType | undefined): Data {
  const arrow = type === undefined ? undefined : arrowType(type);
  if (type === undefined || arrow === undefined) return columnOf(texts, new Utf8());
  const values = texts.map((text) => (text === undefined ? undefined : storedValue(text, type)));
  if (arrow instanceof Decimal) return decimals(values, arrow);
  return "ArrayType" in arrow && !(arrow instanceof Bool || arrow instanceof Binary)
    ? numbers(values, arrow)
    : columnOf(values, arrow);
}

/** Column of any values, as the library builds it. */
export function columnOf(values: readonly unknown[], type: DataType): Data {
  const [data] = vectorFromArray(
    values.map((value) => value ?? null),
    type,
  ).data;
  return data as Data;
}

function arrowType({ kind, element }: ColumnType): DataType | undefined {
  if (kind === "integer") return integerType(element);
  if (kind === "float") return element.type === "DOUBLE" ? new Float64() : new Float32();
  if (kind === "decimal")
    return new Decimal(scaleOf(element), precisionOf(element), precisionOf(element) > 38 ? 256 : 128);
  if (kind === "boolean") return new Bool();
  if (kind === "date") return new DateDay();
  if (kind === "bytes") return new Binary();
  if (kind === "time") return timeType(element);
  if (kind !== "timestamp") return undefined;
  const zone = isMoment(element) ? "UTC" : undefined;
  const digits = fractionDigitsOf(element);
  if (digits === 9) return new TimestampNanosecond(zone);
  return digits === 6 ? new TimestampMicrosecond(zone) : new TimestampMillisecond(zone);
}

function timeType(element: ColumnType["element"]): DataType {
  const digits = fractionDigitsOf(element);
  if (digits === 9) return new TimeNanosecond();
  return digits === 6 ? new TimeMicrosecond() : new TimeMillisecond();
}

function integerType({ type, converted_type: converted, logical_type: logical }: ColumnType["element"]): DataType {
  const declared = logical?.type === "INTEGER" ? `${logical.isSigned ? "" : "U"}INT_${logical.bitWidth}` : converted;
  const Type = INTEGERS[declared ?? ""];
  return Type === undefined ? (type === "INT64" ? new Int64() : new Int32()) : new Type();
}

const INTEGERS: Readonly<Record<string, new () => DataType>> = {
  INT_8: Int8,
  INT_16: Int16,
  UINT_8: Uint8,
  UINT_16: Uint16,
  UINT_32: Uint32,
  UINT_64: Uint64,
};

function precisionOf({ precision, logical_type: logical }: ColumnType["element"]): number {
  return precision ?? (logical?.type === "DECIMAL" ? logical.precision : 38);
}

/** Numbers as they are: the library's own conversion of times goes by way of a Date. */
function numbers(values: readonly (StoredValue | undefined)[], type: DataType): Data {
  const data = new (type.ArrayType as new (length: number) => Record<number, StoredValue>)(values.length);
  for (const [at, value] of values.entries()) if (value !== undefined) data[at] = value;
  return makeData({ type, length: values.length, data, ...nullsOf(values) } as Parameters<typeof makeData>[0]);
}

function decimals(values: readonly (StoredValue | undefined)[], type: Decimal): Data {
  const words = type.bitWidth / 64;
  const data = new BigUint64Array(values.length * words);
  for (const [at, value] of values.entries()) {
    if (typeof value !== "bigint") continue;
    for (let word = 0; word < words; word++) data[at * words + word] = BigInt.asUintN(64, value >> BigInt(64 * word));
  }
  return makeData({ type, length: values.length, data: new Uint32Array(data.buffer), ...nullsOf(values) });
}

/** Bits of the values that are there. */
export function nullsOf(values: readonly unknown[]): { readonly nullCount: number; readonly nullBitmap: Uint8Array } {
  const nullBitmap = new Uint8Array(Math.ceil(values.length / 8));
  let nullCount = 0;
  for (const [at, value] of values.entries()) {
    if (value === undefined) nullCount++;
    else nullBitmap[at >> 3] = (nullBitmap[at >> 3] as number) | (1 << (at & 7));
  }
  return { nullCount, nullBitmap };
}
