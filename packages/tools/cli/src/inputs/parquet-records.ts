import { ArgumentError } from "@batchwise/core";
import {
  type AsyncBuffer,
  asyncBufferFromFile,
  type FileMetaData,
  parquetMetadataAsync,
  type ParquetScan,
  parquetScan,
  parquetSchema,
  type SchemaElement,
} from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { type ColumnType, type ColumnTypes, columnTypeOf, isDecimal } from "../columns/column-type.ts";
import { PARSERS } from "../columns/exact-value.ts";
import type { InputRecord, InputSource } from "./input-record.ts";
import { columnsRead } from "./kept.ts";
import { tableRecord } from "./table-record.ts";

/**
 * Opens a Parquet file. Of the columns that are asked for, 10,000 rows at a time are in memory where the file has an index
 * of its pages, a 16th of a row group where it has none, and a row group of lists and objects without one.
 *
 * @param wanted columns that will be read, or paths into them; all, where it is undefined
 * @param limit rows that will be read at most
 * @throws ArgumentError for a file that is not Parquet
 */
export async function openParquet(
  file: string,
  wanted: readonly string[] | undefined,
  limit: number,
): Promise<Omit<InputSource, "format" | "close">> {
  const { buffer, metadata, columns, types } = await headOf(file);
  const shown = columnsRead(columns, wanted);
  const scan = await parquetScan({
    file: buffer,
    // The reader would make numbers of decimals.
    metadata: { ...metadata, schema: metadata.schema.map(asStored) },
    compressors,
    columns: [...shown],
    parsers: PARSERS,
    utf8: false,
  });
  const parts = partsOf(metadata, new Set(shown), limit);
  return { columns, size: Number(metadata.num_rows), records: records(scan, shown, types, parts) };
}

/**
 * Reads the types of a Parquet file's columns.
 *
 * @throws ArgumentError for a file that is not Parquet
 */
export async function parquetTypes(file: string): Promise<ColumnTypes> {
  return (await headOf(file)).types;
}

interface Head {
  readonly buffer: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly columns: readonly string[];
  readonly types: ColumnTypes;
}

async function headOf(file: string): Promise<Head> {
  const buffer = await asyncBufferFromFile(file);
  try {
    const metadata = await parquetMetadataAsync(buffer);
    const { children } = parquetSchema(metadata);
    const types = Object.fromEntries(children.map((tree) => [tree.element.name, columnTypeOf(tree)]));
    const rows = metadata.row_groups.reduce((sum, { num_rows }) => sum + num_rows, 0n);
    if (rows !== metadata.num_rows) throw new RangeError("Expected the rows of its row groups in all, got others.");
    return { buffer, metadata, columns: children.map(({ element }) => element.name), types };
  } catch (cause) {
    throw new ArgumentError("Expected a whole Parquet file, got another. Give its --format, or a file that is whole.", {
      cause,
    });
  }
}

/** Element of a column without its type, where the values are read as they are stored. */
function asStored(element: SchemaElement): SchemaElement {
  if (!isDecimal(element)) return element;
  const { converted_type: _, logical_type: __, ...stored } = element;
  return stored;
}

const DAMAGED = "The file is damaged, or of a kind that hyparquet does not read: write it again.";

/** Rows of a part. */
const PART_ROWS = 10_000;
/** Most parts of a row group without an index: for each, the bytes of the group are read from its beginning. */
const MOST_PARTS = 16;

interface Part {
  readonly rowStart: number;
  readonly rowEnd: number;
}

function* partsOf({ row_groups }: FileMetaData, shown: ReadonlySet<string>, limit: number): Generator<Part, void> {
  let groupStart = 0;
  for (const { columns, num_rows } of row_groups) {
    const rows = Number(num_rows);
    const groupEnd = groupStart + rows;
    const read = columns.filter(({ meta_data }) => shown.has(meta_data?.path_in_schema[0] ?? ""));
    let step = Infinity;
    if (read.every((column) => column.offset_index_offset !== undefined)) step = PART_ROWS;
    // Pages of a flat column are skipped as they are; of another one, they say no rows.
    else if (read.every((column) => column.meta_data?.path_in_schema.length === 1)) {
      step = Math.max(PART_ROWS, Math.ceil(rows / MOST_PARTS));
    }
    const end = Math.min(groupEnd, limit);
    for (let rowStart = groupStart; rowStart < end; rowStart += step) {
      yield { rowStart, rowEnd: Math.min(rowStart + step, end) };
    }
    groupStart = groupEnd;
  }
}

async function* records(
  scan: ParquetScan,
  shown: readonly string[],
  types: ColumnTypes,
  parts: Iterable<Part>,
): AsyncGenerator<InputRecord, void> {
  for (const part of parts) {
    const { rowStart, rowEnd } = part;
    const columns = await Promise.all(
      shown.map(async (column) => [column, await scan.readColumn({ column, ...part })] as const),
    ).catch((cause: Error) => {
      const rows = `rows ${rowStart + 1} to ${rowEnd} of the Parquet file`;
      throw new ArgumentError(`Expected ${rows} to be readable, got an error (${cause.message}). ${DAMAGED}`, {
        cause,
      });
    });
    for (let row = rowStart; row < rowEnd; row++) {
      const cells = columns.map(
        ([name, values]) => [name, values[row - rowStart] as unknown, types[name] as ColumnType] as const,
      );
      yield tableRecord(row + 1, row + 1, cells);
    }
  }
}
