import { ArgumentError } from "@batchwise/core";
import {
  AsyncByteQueue,
  type Data,
  type DataType,
  Field,
  FixedSizeList,
  Float32,
  Int32,
  makeData,
  RecordBatch,
  RecordBatchFileWriter,
  Schema,
  Struct,
  Utf8,
} from "apache-arrow";
import { columnOf, keptColumn, nullsOf } from "./arrow-column.ts";
import { type Cells, cellsOf, ERROR_COLUMNS } from "./cells.ts";
import type { Encoder, TableShape } from "./encoder.ts";
import { groupedEncoder, requireVector, vectorOf } from "./grouped-encoder.ts";
import type { Row } from "./row.ts";

/**
 * Encoder of an Arrow file of vectors, as FixedSizeList<Float32>, or of properties. The vectors' length is that of the first
 * one: a server may have other models than the adapter knows.
 *
 * @throws ArgumentError where the outputs are neither
 */
export function arrowEncoder(shape: TableShape): Encoder {
  const { kind, dimensions, properties } = shape;
  const isVectors = kind === "embeddings";
  if (!isVectors && properties === undefined) {
    throw new ArgumentError(
      `Expected vectors for an .arrow file, got outputs of the kind ${kind}. Use .jsonl, or --schema.`,
    );
  }
  const bytes = new Bytes();
  const writer = new RecordBatchFileWriter().reset(bytes);
  let length: number | undefined;
  /** Failed rows before the first vector. */
  let early: Row[] = [];
  let isBegun = false;
  const write = (rows: readonly Row[]): void => {
    early = [...early, ...rows];
    if (isVectors && length === undefined) return;
    isBegun = true;
    writer.write(batchOf(early, length, shape));
    early = [];
  };
  return groupedEncoder({
    mostNumbers: 4_000_000,
    check: (row) => {
      if (isVectors) requireVector(row, length);
      length ??= vectorOf(row)?.length;
    },
    write: (rows) => {
      write(rows);
      return bytes.take();
    },
    end: () => {
      // Without any vector: a list has to have some length.
      if (isVectors) length ??= dimensions ?? 1;
      // The file gets its columns from rows, even from none.
      if (!isBegun || early.length > 0) write([]);
      writer.finish();
      return bytes.take();
    },
  });
}

/** Target of the writer, whose own queue can only be read later. */
class Bytes extends AsyncByteQueue {
  #chunks: Uint8Array[] = [];

  override write(chunk: Parameters<AsyncByteQueue["write"]>[0]): void {
    this.#chunks.push(chunk as Uint8Array);
  }

  take(): Uint8Array {
    const taken = Buffer.concat(this.#chunks);
    this.#chunks = [];
    return taken;
  }
}

function batchOf(rows: readonly Row[], length: number | undefined, { keep, types = {} }: TableShape): RecordBatch {
  const cells = rows.map((row) => cellsOf(row, keep));
  const column = (value: (each: Cells) => unknown, type: DataType): Data => columnOf(cells.map(value), type);
  const [code, message, status] = ERROR_COLUMNS;
  const columns: readonly (readonly [name: string, data: Data])[] = [
    ["index", makeData({ type: new Int32(), data: Int32Array.from(rows, ({ index }) => index) })],
    ...(length === undefined ? [] : [["output", vectorsOf(rows, length)] as const]),
    [code, column(({ errorCode }) => errorCode, new Utf8())],
    [message, column(({ errorMessage }) => errorMessage, new Utf8())],
    [status, column(({ errorStatus }) => errorStatus, new Int32())],
    ...keep.map(
      (name, at) =>
        [
          name,
          keptColumn(
            cells.map(({ kept }) => kept[at]),
            types[name],
          ),
        ] as const,
    ),
  ];
  const schema = new Schema(columns.map(([name, { type }]) => new Field(name, type, true)));
  const children = columns.map(([, data]) => data);
  return new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length: rows.length, children }));
}

function vectorsOf(rows: readonly Row[], length: number): Data {
  const numbers = new Float32Array(rows.length * length);
  const vectors = rows.map(vectorOf);
  for (const [at, vector] of vectors.entries()) if (vector !== undefined) numbers.set(vector, at * length);
  const element = new Field("element", new Float32(), false);
  return makeData({
    type: new FixedSizeList(length, element),
    length: rows.length,
    ...nullsOf(vectors),
    child: makeData({ type: new Float32(), data: numbers }),
  });
}
