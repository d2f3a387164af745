import { open } from "node:fs/promises";
import zlib from "node:zlib";
import { ArgumentError } from "@batchwise/core";
import { type Codec, compressionRegistry, CompressionType, type Data, RecordBatchReader } from "apache-arrow";
import { checkSizes } from "../columns/arrow-sizes.ts";
import { arrowColumnType } from "../columns/arrow-type.ts";
import { arrowValue } from "../columns/arrow-value.ts";
import type { ColumnType, ColumnTypes } from "../columns/column-type.ts";
import { withPackages } from "../table-packages.ts";
import type { InputRecord, InputSource } from "./input-record.ts";
import { columnsRead } from "./kept.ts";
import { tableRecord } from "./table-record.ts";

/**
 * Opens an Arrow file or stream. One record batch at a time is in memory.
 *
 * @param wanted columns that will be read, or paths into them; all, where it is undefined
 * @throws ArgumentError for a file that is not Arrow, or that has columns of types which Parquet does not have
 */
export async function openArrow(
  file: string,
  wanted: readonly string[] | undefined,
): Promise<Omit<InputSource, "format">> {
  const { reader, types, close } = await headOf(file);
  const columns = reader.schema.fields.map(({ name }) => name);
  const shown = columnsRead(columns, wanted);
  return {
    columns,
    size: reader.footer?.numRecordBatches,
    records: records(wholeBatches(reader, shown), types, close),
    close: () => void close(),
  };
}

/**
 * Reads the types of an Arrow file's columns.
 *
 * @throws ArgumentError for a file that is not Arrow, or that has columns of types which Parquet does not have
 */
export async function arrowTypes(file: string): Promise<ColumnTypes> {
  const { types, close } = await headOf(file);
  await close();
  return types;
}

interface Head {
  readonly reader: RecordBatchReader;
  readonly types: ColumnTypes;
  readonly close: () => Promise<void>;
}

async function headOf(file: string): Promise<Head> {
  await addCodecs();
  const handle = await open(file);
  const close = (): Promise<void> => handle.close();
  try {
    const reader = await RecordBatchReader.from(handle);
    await reader.open();
    // Of columns of one name, the first is read.
    const fields = reader.schema.fields.toReversed();
    const types = Object.fromEntries(fields.map((field) => [field.name, arrowColumnType(field)]));
    return { reader, types, close };
  } catch (error) {
    await close();
    throw notWhole(error as Error);
  }
}

async function* records(
  whole: AsyncIterable<WholeBatch>,
  types: ColumnTypes,
  close: () => Promise<void>,
): AsyncGenerator<InputRecord, void> {
  try {
    let before = 0;
    let batches = 0;
    for await (const { rows, columns } of whole) {
      for (let row = 0; row < rows; row++) {
        const cells = columns.map(
          ([name, data]) =>
            [name, data === undefined ? null : arrowValue(data, row), types[name] as ColumnType] as const,
        );
        yield tableRecord(before + row + 1, batches + (row + 1) / rows, cells);
      }
      before += rows;
      batches++;
    }
  } finally {
    await close();
  }
}

/** Record batch, of which the columns to read are whole. */
interface WholeBatch {
  readonly rows: number;
  readonly columns: readonly (readonly [name: string, data: Data | undefined])[];
}

async function* wholeBatches(reader: RecordBatchReader, shown: readonly string[]): AsyncGenerator<WholeBatch, void> {
  try {
    for await (const { numRows: rows, schema, data } of reader) {
      const columns = shown.map(
        (name) => [name, data.children[schema.fields.findIndex((field) => field.name === name)]] as const,
      );
      for (const [, column] of columns) if (column !== undefined) checkSizes(column, rows);
      yield { rows, columns };
    }
  } catch (error) {
    throw notWhole(error as Error);
  }
}

function notWhole(cause: Error): ArgumentError {
  // A codec that is not installed, or a type that Parquet does not have.
  if (cause instanceof ArgumentError) return cause;
  const type = /^Unrecognized type: "(\w+)"/.exec(cause.message)?.[1];
  const message =
    type === undefined
      ? "Expected a whole Arrow file or stream, got another. It was cut short or damaged, is Feather of version 1, or has another --format."
      : `Expected columns of types that Parquet has, too, got one of the type ${type}. Cast it, or leave it out of the file.`;
  return new ArgumentError(message, { cause });
}

/** Codecs of compressed record batches, unless the program has its own. */
async function addCodecs(): Promise<void> {
  addCodec(CompressionType.ZSTD, { decode: (bytes) => zlib.zstdDecompressSync(bytes) });
  // Only a file that is packed so needs the package.
  const lz4 = await withPackages("lz4", () => import("lz4-napi")).catch((error: unknown) => error as Error);
  const decode = (bytes: Uint8Array): Uint8Array => {
    if (lz4 instanceof Error) throw lz4;
    return lz4.decompressFrameSync(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  };
  addCodec(CompressionType.LZ4_FRAME, { decode });
}

function addCodec(type: CompressionType, codec: Codec): void {
  if (compressionRegistry.get(type) === null) compressionRegistry.set(type, codec);
}
