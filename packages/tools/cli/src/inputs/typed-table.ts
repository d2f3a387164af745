import type { ColumnTypes } from "../columns/column-type.ts";
import { withPackages } from "../table-packages.ts";
import type { InputFormat, InputSource } from "./input-record.ts";

/** Format of a table that declares its columns' types, and is read by position. */
export type TypedFormat = (typeof TYPED)[number];

const TYPED = ["parquet", "arrow"] as const;

export function isTypedFormat(format: InputFormat | undefined): format is TypedFormat {
  return TYPED.some((typed) => typed === format);
}

/**
 * Opens a table.
 *
 * @param wanted columns that will be read, or paths into them; all, where it is undefined
 * @param limit rows that will be read at most
 * @throws ArgumentError for a file of another format, or a package that is not installed
 */
export async function openTable(
  format: TypedFormat,
  file: string,
  wanted?: readonly string[],
  limit: number = Infinity,
): Promise<Omit<InputSource, "format">> {
  if (format === "parquet") {
    const { openParquet } = await withPackages(format, () => import("./parquet-records.ts"));
    return { ...(await openParquet(file, wanted, limit)), close: () => undefined };
  }
  const { openArrow } = await withPackages(format, () => import("./arrow-records.ts"));
  return openArrow(file, wanted);
}

/** Reads the types of a table's columns. */
export async function tableTypes(format: TypedFormat, file: string): Promise<ColumnTypes> {
  if (format === "parquet") {
    const { parquetTypes } = await withPackages(format, () => import("./parquet-records.ts"));
    return parquetTypes(file);
  }
  const { arrowTypes } = await withPackages(format, () => import("./arrow-records.ts"));
  return arrowTypes(file);
}
