import { ArgumentError } from "@batchwise/core";
import type { AsyncBuffer, FileMetaData, ParquetScan } from "hyparquet";
import type { InputRecord, InputSource } from "./input-record.ts";

/**
 * Opens a Parquet file. Of the columns that are asked for, 10,000 rows at a time are in memory where the file has an index
 * of its pages, a 16th of a row group where it has none, and a row group of lists and objects without one.
 *
 * @param wanted columns that will be read; all, where it is undefined
 * @param limit rows that will be read at most
 * @throws ArgumentError for a file that is not Parquet
 */
export async function openParquet(
  file: string,
  wanted: readonly string[] | undefined,
  limit: number,
): Promise<Omit<InputSource, "format" | "close">> {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetScan, parquetSchema } = await import("hyparquet");
  const { compressors } = await import("hyparquet-compressors");
  const buffer: AsyncBuffer = await asyncBufferFromFile(file);
  const metadata = await parquetMetadataAsync(buffer).catch(() => {
    throw new ArgumentError("Expected a whole Parquet file, got another. Give its --format, or a file that is whole.");
  });
  const columns = parquetSchema(metadata).children.map(({ element }) => element.name);
  const shown = columns.filter((column) => wanted?.includes(column) !== false);
  const scan = await parquetScan({ file: buffer, metadata, compressors, columns: shown });
  const parts = partsOf(metadata, new Set(shown), limit);
  return { columns, size: Number(metadata.num_rows), records: records(scan, shown, parts) };
}

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
  parts: Iterable<Part>,
): AsyncGenerator<InputRecord, void> {
  for (const part of parts) {
    const { rowStart, rowEnd } = part;
    const columns = await Promise.all(
      shown.map(async (column) => [column, await scan.readColumn({ column, ...part })] as const),
    );
    for (let row = rowStart; row < rowEnd; row++) {
      const value = Object.fromEntries(columns.map(([name, values]) => [name, plain(values[row - rowStart])]));
      yield { place: `row ${row + 1}`, end: row + 1, value };
    }
  }
}

/** Turns an integer of 64 bits into a number, where these can hold it: JSON has no others. */
function plain(value: unknown): unknown {
  if (typeof value !== "bigint") return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}
