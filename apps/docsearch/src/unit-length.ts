/** Allowed difference of a length from 1: float32 and the models' own rounding stay well within. */
const TOLERANCE = 1e-4;

/** Scales a vector to length 1, so that a dot product is the cosine of two texts. */
export function toUnitLength(vector: Float32Array): Float32Array {
  let squares = 0;
  for (const number of vector) squares += number * number;
  const length = Math.sqrt(squares);
  return length === 0 || Math.abs(length - 1) < TOLERANCE ? vector : vector.map((number) => number / length);
}
