import { Buffer } from "node:buffer";

import { hashPair } from "./hash.ts";

/** Parts of 1 in which elements are counted, so that the decimal text and the float32 are the same number. */
const BILLION = 1e9;

/**
 * Vector of a text: of length 1, the same in every run, and different from every other text's. Elements are in
 * billionths.
 */
export function vectorOf(text: string, dimensions: number): Int32Array {
  let [first, second] = hashPair(text);
  first ||= 1;
  second ||= 1;
  const elements = new Int32Array(dimensions);
  let squares = 0;
  for (let index = 0; index < dimensions; index++) {
    first ^= first << 13;
    first ^= first >>> 17;
    first ^= first << 5;
    second ^= second << 7;
    second ^= second >>> 9;
    second ^= second << 8;
    const element = (first + second) | 0;
    elements[index] = element;
    squares += element * element;
  }
  const scale = BILLION / Math.sqrt(squares || 1);
  // An Int32Array truncates, several times faster than Math.round.
  for (let index = 0; index < dimensions; index++) elements[index] = (elements[index] as number) * scale;
  return elements;
}

/** Converts a vector to float32. */
export function toFloat32(vector: Int32Array): Float32Array {
  const floats = new Float32Array(vector.length);
  for (let index = 0; index < vector.length; index++) floats[index] = (vector[index] as number) / BILLION;
  return floats;
}

/** Encodes little-endian float32 in base64. */
export function toBase64(floats: Float32Array): string {
  return Buffer.from(floats.buffer, floats.byteOffset, floats.byteLength).toString("base64");
}

/** Length of the longest text of one element, with a comma: `-0.123456789,`. */
const ELEMENT_BYTES = 13;
const ZERO = 0x30;
const POINT = 0x2e;
const COMMA = 0x2c;
const MINUS = 0x2d;
/** Digits of 000 to 999. */
const DIGITS: Uint8Array = Uint8Array.from(
  Array.from({ length: 1000 }, (_, number) => [
    Math.floor(number / 100),
    Math.floor(number / 10) % 10,
    number % 10,
  ]).flat(),
  (digit) => digit + ZERO,
);

/** Formats a vector as the inside of a JSON array, several times faster than JSON.stringify. */
export function toDecimals(vector: Int32Array): Buffer {
  const bytes = Buffer.allocUnsafe(vector.length * ELEMENT_BYTES);
  let at = 0;
  for (const element of vector) {
    if (element < 0) bytes[at++] = MINUS;
    const magnitude = Math.abs(element);
    const rest = magnitude % BILLION;
    bytes[at++] = ZERO + (magnitude - rest) / BILLION;
    bytes[at++] = POINT;
    const thousandths = Math.floor(rest / 1e6);
    at = writeDigits(bytes, at, thousandths);
    at = writeDigits(bytes, at, Math.floor(rest / 1e3) - thousandths * 1e3);
    at = writeDigits(bytes, at, rest % 1e3);
    bytes[at++] = COMMA;
  }
  return bytes.subarray(0, Math.max(0, at - 1));
}

function writeDigits(bytes: Uint8Array, at: number, number: number): number {
  bytes[at] = DIGITS[number * 3] as number;
  bytes[at + 1] = DIGITS[number * 3 + 1] as number;
  bytes[at + 2] = DIGITS[number * 3 + 2] as number;
  return at + 3;
}
