import { ResultError } from "@batchwise/core";
import { parseJson } from "../fields.ts";
import { kindOf } from "../kind-of.ts";
import { decodeBase64 } from "./base64.ts";

/** Makes a `Float32Array` of what an API sends for a vector: base64 of little-endian float32, or numbers. */
export class VectorDecoder {
  readonly #taken: (Float32Array | ResultError)[] = [];
  /** The number of the first: one that no server has in the place of a vector, such as 0. */
  readonly #first = Math.floor(Math.random() * 2 ** 52);

  /** Decodes base64 as it stands in a JSON text that arrives, for `decode` to find under the number that this returns. */
  take(base64: string): number {
    const vector = fromBase64(base64);
    // Some encoders escape what base64 has: PHP's writes `\/`, .NET's `\u002B` and `\u003D`.
    const isEscaped = vector instanceof ResultError && base64.includes("\\");
    return this.#first + this.#taken.push(isEscaped ? this.decode(parseJson(`"${base64}"`)) : vector) - 1;
  }

  /** The vector of base64, of numbers, or of the number of what has been taken; an error where it is not finite. */
  decode(embedding: unknown): Float32Array | ResultError {
    if (typeof embedding === "string") return fromBase64(embedding);
    if (typeof embedding === "number") return this.#taken[embedding - this.#first] ?? notVector(embedding);
    return isList(embedding) ? fromNumbers(embedding) : notVector(embedding);
  }
}

function fromBase64(text: string): Float32Array | ResultError {
  const buffer = decodeBase64(text) ?? decodeBase64(usual(text));
  if (buffer === undefined || buffer.byteLength % Float32Array.BYTES_PER_ELEMENT !== 0) return notVector(text);
  const vector = new Float32Array(buffer);
  const square = squareOf(vector);
  // Bytes of another type, such as float16, have exponents as float32 that no model's numbers have, however it is scaled.
  if (square !== 0 && Number.isFinite(square) && (square <= 1e-10 || square >= 1e20)) return notFloats();
  return faultOf(square, vector.length) ?? vector;
}

/** Base64 as most write it, of some that has no padding, line breaks, or the characters of addresses. */
function usual(text: string): string {
  const characters = text.replaceAll(/\s/g, "").replaceAll("-", "+").replaceAll("_", "/");
  return characters.includes("=") ? characters : characters.padEnd(Math.ceil(characters.length / 4) * 4, "=");
}

function fromNumbers(given: ArrayLike<unknown>): Float32Array | ResultError {
  // Some servers put the one vector into a list of vectors.
  const numbers = isList(given[0]) ? given[0] : given;
  if (numbers !== given && given.length > 1) return notOne();
  // What is not a number must not become 0 on the way.
  const vector = Float32Array.from(numbers, (each) => (typeof each === "number" ? each : Number.NaN));
  if (vector.length === 0) return notVector(numbers);
  return faultOf(squareOf(vector), vector.length) ?? vector;
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || ArrayBuffer.isView(value);
}

/** Error for a vector whose numbers are not a model's. @param square sum of their squares */
function faultOf(square: number, length: number): ResultError | undefined {
  if (!Number.isFinite(square)) return notFinite();
  return square === 0 && length >= LEAST_LENGTH ? allZero() : undefined;
}

/** Numbers of which at least one is not 0 in every model's vector. Tests and toys have shorter ones. */
const LEAST_LENGTH = 8;

/**
 * Sum of the squares: not finite as soon as one of the numbers is not, and those of float32 are too small to overflow a
 * double. Four sums, because each addition waits for the one before it.
 */
function squareOf(vector: Float32Array): number {
  let first = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  const end = vector.length - (vector.length % 4);
  for (let index = 0; index < end; index += 4) {
    first += vector[index]! * vector[index]!;
    second += vector[index + 1]! * vector[index + 1]!;
    third += vector[index + 2]! * vector[index + 2]!;
    fourth += vector[index + 3]! * vector[index + 3]!;
  }
  for (let index = end; index < vector.length; index++) first += vector[index]! * vector[index]!;
  return first + second + third + fourth;
}

function notVector(value: unknown): ResultError {
  return new ResultError(
    `Expected a vector for this input, in base64 of float32 numbers or as an array of numbers, got ${kindOf(value)}. ` +
      `Check that the server answers as the provider does.`,
  );
}

function notFinite(): ResultError {
  return new ResultError(
    "Expected finite numbers in the vector for this input, got others. Send it again, or use another model.",
  );
}

/** A server in trouble, or with a model that is not one of embeddings, answers so with a good status. */
function allZero(): ResultError {
  return new ResultError(
    "Expected a vector with numbers other than 0 for this input, got zeros alone. Send it again, restart the server, or " +
      "use another model.",
  );
}

function notOne(): ResultError {
  return new ResultError(
    "Expected one vector for this input, got several, such as one for each token. Let the server pool them.",
  );
}

function notFloats(): ResultError {
  return new ResultError(
    "Expected a vector of float32 numbers for this input, got bytes that are none, such as those of int8 or bits. " +
      "Let the server send floats, or numbers instead of base64.",
  );
}
