import { createReadStream } from "node:fs";
import { type Decimal, RecordBatchReader, type Vector } from "apache-arrow";
import { type ColumnType, type ColumnTypes, fractionDigitsOf } from "../columns/column-type.ts";
import { columnValue, dayOf, momentOf } from "../columns/exact-value.ts";
import type { Kept } from "../inputs/kept.ts";

/** Values of the rows of our own Arrow file; those of kept columns have all their digits. */
export async function* arrowRows(file: string, types: ColumnTypes): AsyncGenerator<Kept, void> {
  const reader = await RecordBatchReader.from(createReadStream(file));
  for await (const batch of reader) {
    const columns = batch.schema.fields.map(({ name }) => [name, batch.getChild(name) as Vector] as const);
    for (let row = 0; row < batch.numRows; row++) {
      yield Object.fromEntries(columns.map(([name, column]) => [name, valueOf(column, row, types[name])]));
    }
  }
}

function valueOf(column: Vector, row: number, type: ColumnType | undefined): unknown {
  if (!column.isValid(row)) return undefined;
  // A list or an object is the text that it became.
  if (type !== undefined && type.kind !== "nested") return columnValue(storedAt(column, row, type), type).exact;
  const value: unknown = column.get(row);
  return typeof value === "object" ? Float32Array.from(value as Iterable<number>) : value;
}

/** Value as a Parquet reader gives it: the library's own getter makes numbers of times. */
function storedAt(column: Vector, row: number, { kind, element }: ColumnType): unknown {
  const values = column.data[0]?.values as Readonly<Record<number, number | bigint>>;
  switch (kind) {
    case "integer":
    case "float":
    case "time":
      return values[row];
    case "date":
      return dayOf(values[row] as number);
    case "timestamp":
      return momentOf(values[row] as bigint, fractionDigitsOf(element));
    case "decimal":
      return integerAt(values as Readonly<Record<number, number>>, row, (column.type as Decimal).bitWidth);
    default:
      return column.get(row);
  }
}

/** Integer in words of 32 bits, the least significant first. */
function integerAt(words: Readonly<Record<number, number>>, row: number, bits: number): bigint {
  const count = bits / 32;
  let integer = 0n;
  for (let word = count - 1; word >= 0; word--)
    integer = (integer << 32n) | BigInt(words[row * count + word] as number);
  return BigInt.asIntN(bits, integer);
}
