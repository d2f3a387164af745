import { ResultError } from "@batchwise/core";

/**
 * Their vectors as a `Float32Array` each, or why there is none.
 *
 * @throws ResultError where there is not one for each of `count` texts (L13, P6)
 */
export function vectorsOf(rows: unknown, count: number): (Float32Array | ResultError)[] {
  if (!Array.isArray(rows) || rows.length !== count) {
    throw new ResultError(
      `Expected ${count} vectors, one for each text, came ${Array.isArray(rows) ? rows.length : typeof rows}. ` +
        `Which belongs to which text can't be told, so none is used.`,
    );
  }
  const vectors = rows.map(vectorOf);
  const expected = usualLength(vectors);
  return vectors.map((vector) => {
    if (vector === undefined) return new ResultError("Expected a vector of finite numbers for this text, came none.");
    return vector.length === expected ? vector : wrongLength(expected, vector.length);
  });
}

function vectorOf(row: unknown): Float32Array | undefined {
  if (!Array.isArray(row) && !ArrayBuffer.isView(row)) return undefined;
  const numbers = row as ArrayLike<unknown>;
  // What is no number must not become 0 on the way.
  const vector = Float32Array.from(numbers, (value) => (typeof value === "number" ? value : Number.NaN));
  return vector.length > 0 && vector.every(Number.isFinite) ? vector : undefined;
}

/** The length of more than half of the vectors. Where no length has so many, none can be relied on. */
function usualLength(vectors: readonly (Float32Array | undefined)[]): number | undefined {
  const counts = new Map<number, number>();
  const present = vectors.filter((vector) => vector !== undefined);
  for (const { length } of present) counts.set(length, (counts.get(length) ?? 0) + 1);
  return [...counts].find(([, count]) => count * 2 > present.length)?.[0];
}

function wrongLength(expected: number | undefined, came: number): ResultError {
  const lengths = expected === undefined ? "vectors of one length" : `vectors of length ${expected}`;
  return new ResultError(`Expected ${lengths}, the one for this text has ${came}.`);
}
