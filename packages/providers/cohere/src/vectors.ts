import { fromBase64 } from "./bytes.ts";
import { wrongRow, wrongRows } from "./errors.ts";

/** What embed answers with: rows by type, in the order of the texts. */
export interface Rows {
  readonly base64?: unknown;
  readonly float?: unknown;
}

/**
 * A response's vectors in the order of its texts. What is no vector of `dimensions` finite numbers is an Error in its
 * slot.
 *
 * @param dimensions what each vector's length must be. @default the length that most of them have
 * @throws ResultError where there is not one row for each text
 */
export function vectorsIn(
  rows: Rows | null | undefined,
  count: number,
  dimensions: number | undefined,
): (Float32Array | Error)[] {
  const list = rows?.base64 ?? rows?.float;
  if (!Array.isArray(list)) throw wrongRows(`${count} vectors`, "none");
  if (list.length !== count) throw wrongRows(`${count} vectors, one for each text`, String(list.length));
  const vectors = list.map(vectorOf);
  const length = dimensions ?? usualLength(vectors);
  return vectors.map((vector, position) =>
    vector !== undefined && vector.length === length && vector.every(Number.isFinite)
      ? vector
      : wrongRow(length === undefined ? "vectors of one length" : `a vector of ${length} finite numbers`, position),
  );
}

/** A row as a vector of its own memory; undefined for what is none. */
function vectorOf(row: unknown): Float32Array | undefined {
  if (typeof row === "string") {
    const bytes = fromBase64(row);
    if (bytes.length % Float32Array.BYTES_PER_ELEMENT !== 0) return undefined;
    // Cohere writes little-endian, as the machines do that this runs on. A copy: the bytes may begin anywhere.
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  }
  // What is no number must not become 0 on the way.
  return Array.isArray(row)
    ? Float32Array.from(row, (value) => (typeof value === "number" ? value : Number.NaN))
    : undefined;
}

/** The length of more than half of the vectors. Where no length has so many, none can be relied on. */
function usualLength(vectors: readonly (Float32Array | undefined)[]): number | undefined {
  const counts = new Map<number, number>();
  for (const { length } of vectors.filter((vector) => vector !== undefined && vector.length > 0) as Float32Array[]) {
    counts.set(length, (counts.get(length) ?? 0) + 1);
  }
  return [...counts].find(([, count]) => count * 2 > vectors.length)?.[0];
}
