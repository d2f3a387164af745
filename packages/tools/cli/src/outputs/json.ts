import { ResultError } from "@batchwise/core";

/**
 * Writes a value as JSON on one line. Vectors are plain lists, each number with the fewest digits that give the same
 * float again; `undefined` is null.
 *
 * @throws ResultError for a value that JSON cannot hold, such as an object that holds itself
 */
export function jsonOf(value: unknown): string {
  if (value instanceof Float32Array) return floatsOf(value);
  try {
    return JSON.stringify(value, (_, each: unknown) => plain(each)) ?? "null";
  } catch {
    throw new ResultError("Expected an output that JSON can hold, got another.");
  }
}

function plain(value: unknown): unknown {
  if (value instanceof Float32Array) return Array.from(value, shortest);
  if (typeof value === "bigint") return String(value);
  return ArrayBuffer.isView(value) && !(value instanceof DataView) ? Array.from(value as Uint8Array) : value;
}

function floatsOf(vector: Float32Array): string {
  let text = "[";
  for (let at = 0; at < vector.length; at++) {
    const number = vector[at] as number;
    text += `${at === 0 ? "" : ","}${Number.isFinite(number) ? String(shortest(number)) : "null"}`;
  }
  return `${text}]`;
}

/** Shortest number that gives the same float: six digits distinguish some floats, and nine all of them. */
function shortest(float: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const rounded = Number(float.toPrecision(digits));
    if (Math.fround(rounded) === float) return rounded;
  }
  return Number(float.toPrecision(9));
}
