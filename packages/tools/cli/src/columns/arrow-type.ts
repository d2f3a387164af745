import { ArgumentError } from "@batchwise/core";
import { DataType, type Field, Precision, TimeUnit, Type } from "apache-arrow";
import type { SchemaElement, SchemaTree } from "hyparquet";
import { type ColumnType, columnTypeOf } from "./column-type.ts";

/**
 * Type of a column of Arrow, as Parquet declares the same one. Seconds are declared as milliseconds, floats of 16 bits as
 * those of 32, and dictionaries as their values.
 *
 * @throws ArgumentError for a type that Parquet does not have
 */
export function arrowColumnType(field: Field): ColumnType {
  return columnTypeOf(treeOf(field));
}

function treeOf({ name, type, metadata }: Pick<Field, "name" | "type" | "metadata">): SchemaTree {
  const tree = (element: Omit<SchemaElement, "name">, children: readonly SchemaTree[] = []): SchemaTree => ({
    element: { name, ...element },
    children: [...children],
    count: 0,
    path: [],
  });
  const extension = metadata.get("ARROW:extension:name");
  if (extension === "arrow.uuid") return tree({ ...FIXED, type_length: 16, logical_type: { type: "UUID" } });
  if (extension === "arrow.json") return tree({ type: "BYTE_ARRAY", converted_type: "JSON" });
  if (DataType.isDictionary(type)) return treeOf({ name, type: type.dictionary, metadata });
  if (DataType.isInt(type)) {
    const { bitWidth, isSigned } = type;
    const converted_type = `${isSigned ? "" : "U"}INT_${bitWidth}` as const;
    return tree({ type: bitWidth === 64 ? "INT64" : "INT32", converted_type });
  }
  if (DataType.isFloat(type)) return tree({ type: type.precision === Precision.DOUBLE ? "DOUBLE" : "FLOAT" });
  if (DataType.isBool(type)) return tree({ type: "BOOLEAN" });
  if (DataType.isDecimal(type) && type.scale >= 0 && type.scale <= type.precision) {
    const { scale, precision, bitWidth } = type;
    return tree({ ...FIXED, type_length: bitWidth / 8, converted_type: "DECIMAL", scale, precision });
  }
  if (DataType.isDate(type)) return tree({ type: "INT32", converted_type: "DATE" });
  if (DataType.isTimestamp(type) && type.unit in TimeUnit) {
    const isAdjustedToUTC = (type.timezone ?? "") !== "";
    return tree({ type: "INT64", logical_type: { type: "TIMESTAMP", isAdjustedToUTC, unit: unitOf(type.unit) } });
  }
  if (DataType.isTime(type) && type.unit in TimeUnit) {
    const logical_type = { type: "TIME", isAdjustedToUTC: false, unit: unitOf(type.unit) } as const;
    return tree({ type: type.bitWidth === 32 ? "INT32" : "INT64", logical_type });
  }
  if (DataType.isInterval(type) || DataType.isDuration(type)) return tree({ ...FIXED, converted_type: "INTERVAL" });
  const [child] = (type.children as readonly Field[] | null) ?? [];
  if (LISTS.has(type.typeId) && child !== undefined) {
    const list = { ...tree({ repetition_type: "REPEATED" }), children: [treeOf(child)] };
    return tree({ converted_type: "LIST" }, [list]);
  }
  if (DataType.isMap(type) && child !== undefined) return tree({ converted_type: "MAP" }, [treeOf(child)]);
  if (DataType.isStruct(type) && child !== undefined) return tree({}, type.children.map(treeOf));
  if (TEXTS.has(type.typeId)) return tree({ type: "BYTE_ARRAY", converted_type: "UTF8" });
  if (BYTES.has(type.typeId)) return tree({ type: "BYTE_ARRAY" });
  throw new ArgumentError(
    `Expected columns of types that Parquet has, too, got ${name} of the type ${String(type)}. Cast it, or leave it out of the file.`,
  );
}

const FIXED = { type: "FIXED_LEN_BYTE_ARRAY" } as const;
const LISTS: ReadonlySet<Type> = new Set([Type.List, Type.LargeList, Type.FixedSizeList]);
/** A column of nulls alone may be of any type. */
const TEXTS: ReadonlySet<Type> = new Set([Type.Utf8, Type.LargeUtf8, Type.Utf8View, Type.Null]);
const BYTES: ReadonlySet<Type> = new Set([Type.Binary, Type.LargeBinary, Type.BinaryView, Type.FixedSizeBinary]);

function unitOf(unit: TimeUnit): "MILLIS" | "MICROS" | "NANOS" {
  if (unit === TimeUnit.NANOSECOND) return "NANOS";
  return unit === TimeUnit.MICROSECOND ? "MICROS" : "MILLIS";
}
