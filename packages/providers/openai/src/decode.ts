import { ResultError } from "@batchwise/core";
import { base64Bytes, base64Memory } from "./base64.ts";
import { placeRows } from "./place.ts";

/**
 * One vector for each of `count` inputs, each with memory of its own, or why there is none. Reads base64 of
 * little-endian float32, and arrays of numbers from servers that send those all the same.
 *
 * @param dimensions what each vector's length must be. @default the length that most of them have
 * @param decoder has the vectors that were decoded while the answer arrived
 */
export function vectorsOf(
  data: unknown,
  count: number,
  dimensions?: number,
  decoder: VectorDecoder = new VectorDecoder(),
): (Float32Array | ResultError)[] {
  const slots = placeRows(data, count).map((row) =>
    row instanceof ResultError ? row : decoder.decode((row as { embedding?: unknown }).embedding),
  );
  const expected = dimensions ?? usualLength(slots);
  return slots.map((slot) =>
    slot instanceof ResultError || slot.length === expected ? slot : wrongLength(expected, slot.length),
  );
}

/**
 * Decodes into one piece of memory and hands out copies of it: that piece stays in the processor's cache, and a copy
 * is not zeroed before it is written.
 */
export class VectorDecoder {
  #memory = base64Memory(0);
  #numbers = new Float32Array(0);
  readonly #taken: (Float32Array | ResultError)[] = [];

  /** Decodes base64 now, for `decode` to find under the number that this returns. */
  take(base64: string): number {
    return this.#taken.push(this.#fromBase64(base64)) - 1;
  }

  /** What a row holds: base64, numbers, or the number of what has been taken. */
  decode(embedding: unknown): Float32Array | ResultError {
    if (typeof embedding === "number") return this.#taken[embedding] ?? notVector();
    if (typeof embedding === "string") return this.#fromBase64(embedding);
    return Array.isArray(embedding) ? fromNumbers(embedding) : notVector();
  }

  #fromBase64(text: string): Float32Array | ResultError {
    const bytes = base64Bytes(text);
    if (bytes === 0 || bytes % Float32Array.BYTES_PER_ELEMENT !== 0) return notVector();
    if (this.#numbers.byteLength !== bytes) {
      this.#memory = base64Memory(bytes);
      this.#numbers = new Float32Array(this.#memory.buffer);
    }
    if (this.#memory.decode(text) !== bytes) return notVector();
    return allFinite(this.#numbers) ? this.#numbers.slice() : notFinite();
  }
}

function fromNumbers(numbers: readonly unknown[]): Float32Array | ResultError {
  if (numbers.length === 0 || !numbers.every((each) => typeof each === "number")) return notVector();
  const vector = Float32Array.from(numbers);
  return allFinite(vector) ? vector : notFinite();
}

/**
 * A sum is not finite as soon as one of its numbers is not, and float32 numbers are too small to overflow a double.
 * Four sums, because each addition waits for the one before it.
 */
function allFinite(vector: Float32Array): boolean {
  let first = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  const end = vector.length - (vector.length % 4);
  for (let index = 0; index < end; index += 4) {
    first += vector[index]!;
    second += vector[index + 1]!;
    third += vector[index + 2]!;
    fourth += vector[index + 3]!;
  }
  for (let index = end; index < vector.length; index++) first += vector[index]!;
  return Number.isFinite(first + second + third + fourth);
}

/** The length of more than half of the vectors. Where no length has so many, none can be relied on. */
function usualLength(slots: readonly (Float32Array | ResultError)[]): number | undefined {
  const vectors = slots.filter((slot) => slot instanceof Float32Array);
  const counts = new Map<number, number>();
  for (const { length } of vectors) counts.set(length, (counts.get(length) ?? 0) + 1);
  for (const [length, count] of counts) if (count * 2 > vectors.length) return length;
  return undefined;
}

function notVector(): ResultError {
  return new ResultError(
    "Expected a vector for this input, in base64 of float32 numbers or as an array of numbers, came something else. " +
      "Check that the server behind `baseURL` answers as OpenAI's does.",
  );
}

function notFinite(): ResultError {
  return new ResultError(
    "Expected finite numbers, the vector for this input has others. Send it again, or use another model.",
  );
}

function wrongLength(expected: number | undefined, came: number): ResultError {
  const lengths = expected === undefined ? "vectors of one length" : `vectors of length ${expected}`;
  return new ResultError(`Expected ${lengths}, the one for this input has ${came}. Send it again.`);
}
