/**
 * Way from token vectors to one vector. "mean": of all tokens. "cls": the first token's. "last-token": the last
 * one's. A model that gives sentence vectors of its own needs none of them.
 */
export type Pooling = "mean" | "cls" | "last-token";

/** Token vectors, as a model gives them: texts x padded length x dimensions. */
export interface TokenVectors {
  readonly values: Float32Array;
  readonly paddedLength: number;
  readonly dimensions: number;
}

/** One vector a text, texts x dimensions. Padding is left out. */
export function pool(tokens: TokenVectors, lengths: Int32Array, pooling: Pooling): Float32Array {
  const { values, paddedLength, dimensions } = tokens;
  const pooled = new Float32Array(lengths.length * dimensions);
  for (const [row, length] of lengths.entries()) {
    const [first, end] = tokenRange(pooling, length);
    for (let dimension = 0; dimension < dimensions; dimension++) {
      let sum = 0;
      for (let token = first; token < end; token++) {
        sum += values[(row * paddedLength + token) * dimensions + dimension]!;
      }
      pooled[row * dimensions + dimension] = sum / (end - first);
    }
  }
  return pooled;
}

/** Scales each row to length 1, in place. A row of zeros stays as it is; one that is not finite becomes all NaN. */
export function normalize(rows: Float32Array, dimensions: number): Float32Array {
  for (let start = 0; start < rows.length; start += dimensions) {
    const row = rows.subarray(start, start + dimensions);
    let squares = 0;
    for (const value of row) squares += value * value;
    const length = Math.sqrt(squares);
    if (length === 0) continue;
    const factor = Number.isFinite(length) ? 1 / length : Number.NaN;
    for (let index = 0; index < row.length; index++) row[index]! *= factor;
  }
  return rows;
}

function tokenRange(pooling: Pooling, length: number): [first: number, end: number] {
  if (pooling === "cls") return [0, 1];
  return pooling === "last-token" ? [length - 1, length] : [0, length];
}
