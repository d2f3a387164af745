import {
  Field,
  FixedSizeList,
  Float32,
  makeData,
  makeVector,
  Schema,
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

/** Origin of vectors: only those of one embedder can be compared. */
export interface Origin {
  /** Identity of the embedder. */
  readonly embedder: string;
  /** Length of each vector, as a count of numbers. */
  readonly dimensions: number;
}

/**
 * Encodes entries as an Arrow IPC file, with the columns `key` and `text` (utf8) and `vector` (fixed-size list of float32),
 * and the embedder in its metadata: DuckDB, Polars and pandas open it too.
 */
export function encodeSegment(entries: readonly Entry[], { embedder, dimensions }: Origin): Uint8Array {
  const numbers = new Float32Array(entries.length * dimensions);
  for (const [index, { vector }] of entries.entries()) numbers.set(vector, index * dimensions);
  const values = makeData({ type: new Float32(), length: numbers.length, data: numbers });
  const type = new FixedSizeList(dimensions, new Field("item", new Float32(), false));
  const texts = (column: "key" | "text") =>
    vectorFromArray(
      entries.map((entry) => entry[column]),
      new Utf8(),
    );
  const { schema, batches } = new Table({
    key: texts("key"),
    text: texts("text"),
    vector: makeVector(makeData({ type, length: entries.length, child: values })),
  });
  return tableToIPC(new Table(new Schema(schema.fields, new Map([[EMBEDDER, embedder]])), batches), "file");
}

/** Name of the metadata. */
const EMBEDDER = "embedder";

/**
 * Reads a segment; undefined for another file or another length of vectors. Vectors are views of `bytes`.
 *
 * @throws Error for a segment of another embedder
 */
export function decodeSegment(bytes: Uint8Array, { embedder, dimensions }: Origin): Entry[] | undefined {
  const table = readTable(bytes);
  const writer = table?.schema.metadata.get(EMBEDDER);
  if (table === undefined || writer === undefined) return undefined;
  if (writer !== embedder) throw otherEmbedder(embedder, writer);
  const [keys, texts, vectors] = [table.getChild("key"), table.getChild("text"), table.getChild("vector")];
  const entries: Entry[] = [];
  for (let row = 0; row < table.numRows; row++) {
    const vector: unknown = vectors?.get(row)?.toArray();
    if (!(vector instanceof Float32Array) || vector.length !== dimensions) return undefined;
    entries.push({ key: String(keys?.get(row)), text: String(texts?.get(row)), vector });
  }
  return entries;
}

function readTable(bytes: Uint8Array): Table | undefined {
  try {
    return tableFromIPC(bytes);
  } catch {
    return undefined;
  }
}

function otherEmbedder(expected: string, got: string): Error {
  return new Error(
    `Expected an index by ${expected}, got one by ${got}: their vectors cannot be compared. ` +
      "Choose another folder with --cache-dir, or start with --rebuild.",
  );
}
