import { type Data, DataType, DateUnit, Precision, TimeUnit, Vector } from "apache-arrow";
import { dayOf, momentOf, textOf } from "./exact-value.ts";

/**
 * Value of a row as a Parquet reader gives it: the library's own getters make numbers of times, and replace what is not
 * UTF-8.
 */
export function arrowValue(data: Data, row: number): unknown {
  const { type, children, values } = data;
  if (DataType.isNull(type) || !data.getValid(row)) return null;
  if (DataType.isDictionary(type)) return chunkValue(data.dictionary as Vector, Number((values as Numbers)[row]));
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type) || DataType.isUtf8View(type))
    return textOf(bytesAt(data, row));
  if (DataType.isInt(type)) return (values as Numbers)[row];
  if (DataType.isFloat(type) && type.precision !== Precision.HALF) return (values as Numbers)[row];
  if (DataType.isTimestamp(type)) return timestampOf((values as BigInt64Array)[row] as bigint, type.unit);
  if (DataType.isDate(type)) {
    return dayOf(Number((values as Numbers)[row]) / (type.unit === DateUnit.MILLISECOND ? 86_400_000 : 1));
  }
  if (DataType.isTime(type)) {
    const count = (values as Numbers)[row] as number | bigint;
    return type.unit === TimeUnit.SECOND ? Number(count) * 1000 : count;
  }
  if (DataType.isDecimal(type)) return integerAt(values as Uint32Array, row, type.bitWidth);
  if (DataType.isStruct(type)) {
    return Object.fromEntries(type.children.map(({ name }, at) => [name, arrowValue(children[at] as Data, row)]));
  }
  if (DataType.isMap(type)) {
    const [keys, items] = (children[0] as Data).children as [Data, Data];
    const entries = places(...rangeOf(data, row));
    return Object.fromEntries(entries.map((at) => [String(arrowValue(keys, at)), arrowValue(items, at)]));
  }
  if (DataType.isList(type) || DataType.isLargeList(type) || DataType.isFixedSizeList(type)) {
    const [items] = children as [Data];
    const [from, to] = rangeOf(data, row);
    if (isVector(items)) return (items.values as Float32Array).slice(from, to);
    return places(from, to).map((at) => arrowValue(items, at));
  }
  if (DataType.isBinary(type) || DataType.isLargeBinary(type) || DataType.isBinaryView(type)) return bytesAt(data, row);
  return new Vector([data]).get(row) as unknown;
}

type Numbers = Readonly<Record<number, number | bigint>>;

/** Value of a dictionary, which grows by chunks. */
function chunkValue({ data }: Vector, index: number): unknown {
  let at = index;
  for (const chunk of data) {
    if (at < chunk.length) return arrowValue(chunk, at);
    at -= chunk.length;
  }
  return null;
}

/** Places of a row's items, from the first one to the one after the last. */
function rangeOf({ type, stride, valueOffsets }: Data, row: number): readonly [from: number, to: number] {
  if (DataType.isFixedSizeList(type)) return [row * stride, (row + 1) * stride];
  return [Number(valueOffsets[row]), Number(valueOffsets[row + 1])];
}

function places(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, at) => from + at);
}

function isVector({ type, nullCount }: Data): boolean {
  return DataType.isFloat(type) && type.precision === Precision.SINGLE && nullCount === 0;
}

function bytesAt({ type, values, valueOffsets, variadicBuffers }: Data, row: number): Uint8Array {
  const bytes = values as Uint8Array;
  if (!DataType.isUtf8View(type) && !DataType.isBinaryView(type)) {
    return bytes.subarray(Number(valueOffsets[row]), Number(valueOffsets[row + 1]));
  }
  // https://arrow.apache.org/docs/format/Columnar.html#variable-size-binary-view-layout
  const [length = 0, , buffer = 0, from = 0] = new Int32Array(bytes.slice(row * VIEW, (row + 1) * VIEW).buffer);
  if (length <= LONGEST_IN_VIEW) return bytes.subarray(row * VIEW + 4, row * VIEW + 4 + length);
  return (variadicBuffers[buffer] as Uint8Array).subarray(from, from + length);
}

/** Bytes of a view: its length, and its bytes or the place where they are. */
export const VIEW = 16;
export const LONGEST_IN_VIEW = 12;

function timestampOf(count: bigint, unit: TimeUnit): string {
  if (unit === TimeUnit.SECOND) return momentOf(count * 1000n, 3);
  return momentOf(count, unit === TimeUnit.NANOSECOND ? 9 : unit === TimeUnit.MICROSECOND ? 6 : 3);
}

/** Integer in words of 32 bits, the least significant first. */
function integerAt(words: Uint32Array, row: number, bits: number): bigint {
  const count = bits / 32;
  let integer = 0n;
  for (let word = count - 1; word >= 0; word--)
    integer = (integer << 32n) | BigInt(words[row * count + word] as number);
  return BigInt.asIntN(bits, integer);
}
