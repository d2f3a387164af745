import { ResultError } from "@batchwise/core";

/**
 * One vector for each of `count` values, a `Float32Array` each, or why there is none.
 *
 * @param body the response's own body. Where its rows carry an index (`{ data: [{ index }] }`), vectors are placed by
 * it: the AI SDK takes them in the order in which they come (P5).
 * @throws ResultError where nothing tells which vector belongs to which value (L13, P6)
 */
export function vectorsOf(embeddings: unknown, body: unknown, count: number): (Float32Array | ResultError)[] {
  if (!Array.isArray(embeddings)) throw wrongCount(count, typeof embeddings);
  const indexes = indexesIn(body, embeddings.length);
  if (indexes === undefined && embeddings.length !== count) throw wrongCount(count, String(embeddings.length));
  const vectors = Array.from({ length: count }, (_, index) => {
    const place = indexes === undefined ? index : indexes.indexOf(index);
    const isOnlyOne = indexes === undefined || (place !== -1 && indexes.lastIndexOf(index) === place);
    return isOnlyOne ? vectorOf(embeddings[place]) : undefined;
  });
  const expected = usualLength(vectors);
  return vectors.map((vector) => {
    if (vector === undefined)
      return new ResultError("Expected one vector of finite numbers for this value, came none.");
    return vector.length === expected ? vector : wrongLength(expected, vector.length);
  });
}

/** The index of each row, where all rows have one and are those that the vectors came from. */
function indexesIn(body: unknown, length: number): number[] | undefined {
  const { data } = (body ?? {}) as { data?: unknown };
  if (!Array.isArray(data) || data.length !== length) return undefined;
  const indexes = data.map((row: unknown) => (row as { index?: unknown } | null | undefined)?.index);
  return indexes.every((index) => typeof index === "number") ? indexes : undefined;
}

function vectorOf(row: unknown): Float32Array | undefined {
  if (!Array.isArray(row)) return undefined;
  // What is no number must not become 0 on the way.
  const vector = Float32Array.from(row, (value: unknown) => (typeof value === "number" ? value : Number.NaN));
  return vector.length > 0 && vector.every(Number.isFinite) ? vector : undefined;
}

/** The length of more than half of the vectors. Where no length has so many, none can be relied on. */
function usualLength(vectors: readonly (Float32Array | undefined)[]): number | undefined {
  const counts = new Map<number, number>();
  const present = vectors.filter((vector) => vector !== undefined);
  for (const { length } of present) counts.set(length, (counts.get(length) ?? 0) + 1);
  return [...counts].find(([, count]) => count * 2 > present.length)?.[0];
}

function wrongCount(expected: number, came: string): ResultError {
  return new ResultError(
    `Expected ${expected} vectors, one for each value, came ${came}. ` +
      `Which belongs to which value can't be told, so none is used.`,
  );
}

function wrongLength(expected: number | undefined, came: number): ResultError {
  const lengths = expected === undefined ? "vectors of one length" : `vectors of length ${expected}`;
  return new ResultError(`Expected ${lengths}, the one for this value has ${came}.`);
}
