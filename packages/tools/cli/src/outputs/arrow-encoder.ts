import { ArgumentError } from "@batchwise/core";
import {
  AsyncByteQueue,
  type Data,
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
  vectorFromArray,
} from "apache-arrow";
import { type Cells, cellsOf, ERROR_COLUMNS } from "./cells.ts";
import type { Encoder, TableShape } from "./encoder.ts";
import { groupedEncoder, requireVector, vectorOf } from "./grouped-encoder.ts";
import type { Row } from "./row.ts";

/**
 * Encoder of an Arrow file of vectors, as FixedSizeList<Float32>. Their length is that of the first one: a server may
 * have other models than the adapter knows.
 *
 * @throws ArgumentError where the outputs are not vectors
 */
export function arrowEncoder({ kind, keep, dimensions }: TableShape): Encoder {
  if (kind !== "embeddings") {
    throw new ArgumentError(`Expected vectors for an .arrow file, got outputs of the kind ${kind}. Use .jsonl.`);
  }
  const bytes = new Bytes();
  const writer = new RecordBatchFileWriter().reset(bytes);
  let length: number | undefined;
  /** Failed rows before the first vector. */
  let early: Row[] = [];
  let isBegun = false;
  const write = (rows: readonly Row[]): void => {
    early = [...early, ...rows];
    if (length === undefined) return;
    isBegun = true;
    writer.write(batchOf(early, length, keep));
    early = [];
  };
  return groupedEncoder({
    check: (row) => {
      requireVector(row, length);
      length ??= vectorOf(row)?.length;
    },
    write: (rows) => {
      write(rows);
      return bytes.take();
    },
    end: () => {
      // Without any vector: a list has to have some length.
      length ??= dimensions ?? 1;
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

function batchOf(rows: readonly Row[], length: number, keep: readonly string[]): RecordBatch {
  const cells = rows.map((row) => cellsOf(row, keep));
  const texts = (value: (each: Cells) => string | undefined): Data =>
    vectorFromArray(
      cells.map((each) => value(each) ?? null),
      new Utf8(),
    ).data[0] as Data;
  const [code, message, status] = ERROR_COLUMNS;
  const columns: readonly (readonly [name: string, data: Data])[] = [
    ["index", makeData({ type: new Int32(), data: Int32Array.from(rows, ({ index }) => index) })],
    ["output", vectorsOf(rows, length)],
    [code, texts(({ errorCode }) => errorCode)],
    [message, texts(({ errorMessage }) => errorMessage)],
    [
      status,
      vectorFromArray(
        cells.map(({ errorStatus }) => errorStatus ?? null),
        new Int32(),
      ).data[0] as Data,
    ],
    ...keep.map((name, at) => [name, texts(({ kept }) => kept[at])] as const),
  ];
  const schema = new Schema(columns.map(([name, { type }]) => new Field(name, type, true)));
  const children = columns.map(([, data]) => data);
  return new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length: rows.length, children }));
}

function vectorsOf(rows: readonly Row[], length: number): Data {
  const numbers = new Float32Array(rows.length * length);
  const isThere = new Uint8Array(Math.ceil(rows.length / 8));
  let nullCount = 0;
  for (const [at, row] of rows.entries()) {
    const vector = vectorOf(row);
    if (vector === undefined) nullCount++;
    else {
      numbers.set(vector, at * length);
      isThere[at >> 3] = (isThere[at >> 3] ?? 0) | (1 << (at & 7));
    }
  }
  const element = new Field("element", new Float32(), false);
  return makeData({
    type: new FixedSizeList(length, element),
    length: rows.length,
    nullCount,
    nullBitmap: isThere,
    child: makeData({ type: new Float32(), data: numbers }),
  });
}
