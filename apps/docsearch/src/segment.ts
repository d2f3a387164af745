import {
  Field,
  FixedSizeList,
  Float32,
  makeData,
  makeVector,
  Table,
  tableFromIPC,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from "apache-arrow";

/** Embedded text. */
export interface Entry {
  /** From `textKey`. */
  readonly key: string;
  readonly text: string;
  readonly vector: Float32Array;
}

/**
 * Encodes entries as an Arrow IPC file, with the columns `key` and `text` (utf8) and `vector` (fixed-size list of float32):
 * DuckDB, Polars and pandas open it too.
 */
export function encodeSegment(entries: readonly Entry[], dimensions: number): Uint8Array {
  const numbers = new Float32Array(entries.length * dimensions);
  for (const [index, { vector }] of entries.entries()) numbers.set(vector, index * dimensions);
  const values = makeData({ type: new Float32(), length: numbers.length, data: numbers });
  const type = new FixedSizeList(dimensions, new Field("item", new Float32(), false));
  const vectors = makeVector(makeData({ type, length: entries.length, child: values }));
  const table = new Table({
    key: vectorFromArray(
      entries.map(({ key }) => key),
      new Utf8(),
    ),
    text: vectorFromArray(
      entries.map(({ text }) => text),
      new Utf8(),
    ),
    vector: vectors,
  });
  return tableToIPC(table, "file");
}

/** Reads a segment; undefined for another file or another length of vectors. Vectors are views of `bytes`. */
export function decodeSegment(bytes: Uint8Array, dimensions: number): Entry[] | undefined {
  try {
    const table = tableFromIPC(bytes);
    const keys = table.getChild("key");
    const texts = table.getChild("text");
    const vectors = table.getChild("vector");
    if (keys === null || texts === null || vectors === null) return undefined;
    return Array.from({ length: table.numRows }, (_, row): Entry => {
      const vector: unknown = vectors.get(row)?.toArray();
      if (!(vector instanceof Float32Array) || vector.length !== dimensions)
        throw new Error(`Expected vectors of ${dimensions} numbers, got others.`);
      return { key: String(keys.get(row)), text: String(texts.get(row)), vector };
    });
  } catch {
    return undefined;
  }
}
