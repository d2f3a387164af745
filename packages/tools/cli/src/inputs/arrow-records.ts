import { open } from "node:fs/promises";
import zlib from "node:zlib";
import { ArgumentError } from "@batchwise/core";
import {
  type Codec,
  compressionRegistry,
  CompressionType,
  type Field,
  type RecordBatch,
  RecordBatchReader,
} from "apache-arrow";
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
    records: records(reader, shown, types, close),
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
    const fields = await fieldsOf(reader);
    return { reader, close, types: Object.fromEntries(fields.map((field) => [field.name, arrowColumnType(field)])) };
  } catch (error) {
    await close();
    throw error;
  }
}

async function fieldsOf(reader: RecordBatchReader): Promise<readonly Field[]> {
  try {
    await reader.open();
  } catch (error) {
    throw notWhole(error as Error);
  }
  // Of an empty file there is none, against its type.
  const schema = reader.schema as typeof reader.schema | undefined;
  if (schema === undefined) throw notWhole();
  return schema.fields;
}

async function* records(
  reader: RecordBatchReader,
  shown: readonly string[],
  types: ColumnTypes,
  close: () => Promise<void>,
): AsyncGenerator<InputRecord, void> {
  try {
    let before = 0;
    let batches = 0;
    for await (const batch of wholeBatches(reader)) {
      const columns = shown.map((name) => {
        const data = batch.data.children[batch.schema.fields.findIndex((field) => field.name === name)];
        return [name, data, types[name] as ColumnType] as const;
      });
      for (let row = 0; row < batch.numRows; row++) {
        const cells = columns.map(
          ([name, data, type]) => [name, data === undefined ? null : arrowValue(data, row), type] as const,
        );
        yield tableRecord(before + row + 1, batches + (row + 1) / batch.numRows, cells);
      }
      before += batch.numRows;
      batches++;
    }
  } finally {
    await close();
  }
}

async function* wholeBatches(reader: RecordBatchReader): AsyncGenerator<RecordBatch, void> {
  try {
    for await (const batch of reader) yield batch;
  } catch (error) {
    throw notWhole(error as Error);
  }
}

function notWhole(cause?: Error): ArgumentError {
  // A codec that is not installed.
  if (cause instanceof ArgumentError) return cause;
  const type = /^Unrecognized type: "(\w+)"/.exec(cause?.message ?? "")?.[1];
  const message =
    type === undefined
      ? "Expected a whole Arrow file or stream, got another. It was cut short, is Feather of version 1, or has another --format."
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
