import { ArgumentError } from "@batchwise/core";
import type { AsyncBuffer } from "hyparquet";
import type { InputRecord, InputSource } from "./input-record.ts";

/**
 * Opens a Parquet file. One row group at a time is in memory, and of it the columns that are asked for.
 *
 * @param wanted columns that will be read; all, where it is undefined
 * @throws ArgumentError for a file that is not Parquet
 */
export async function openParquet(
  file: string,
  wanted: readonly string[] | undefined,
): Promise<Omit<InputSource, "format" | "close">> {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } = await import("hyparquet");
  const { compressors } = await import("hyparquet-compressors");
  const buffer: AsyncBuffer = await asyncBufferFromFile(file);
  const metadata = await parquetMetadataAsync(buffer).catch(() => {
    throw new ArgumentError("Expected a whole Parquet file, got another. Give its --format, or a file that is whole.");
  });
  const columns = parquetSchema(metadata).children.map(({ element }) => element.name);
  const shown = columns.filter((column) => wanted?.includes(column) !== false);
  const read = (rowStart: number, rowEnd: number): Promise<Record<string, unknown>[]> =>
    parquetReadObjects({ file: buffer, metadata, compressors, columns: shown, rowStart, rowEnd });
  const groups = metadata.row_groups.map(({ num_rows }) => Number(num_rows));
  return { columns, size: Number(metadata.num_rows), records: records(groups, read) };
}

async function* records(
  groups: readonly number[],
  read: (rowStart: number, rowEnd: number) => Promise<Record<string, unknown>[]>,
): AsyncGenerator<InputRecord, void> {
  let end = 0;
  for (const size of groups) {
    for (const row of await read(end, end + size)) {
      end++;
      yield { place: `row ${end}`, end, value: plain(row) };
    }
  }
}

/** Turns integers of 64 bits into numbers, where these can hold them: JSON has no others. */
function plain(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === "bigint" ? numberOf(value) : value]),
  );
}

function numberOf(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}
