import { ResultError } from "@batchwise/core";
import { shortestFloat } from "./shortest-float.ts";

/**
 * Writes a value as JSON on one line. Vectors are plain lists, each number with the fewest digits that give the same
 * float again; `undefined` is null.
 *
 * @throws ResultError for a value that JSON cannot hold, such as an object that holds itself
 */
export function jsonOf(value: unknown): string {
  if (value instanceof Float32Array) return JSON.stringify(Array.from(value, shortestFloat));
  try {
    return JSON.stringify(value, (_, each: unknown) => plain(each)) ?? "null";
  } catch {
    throw new ResultError("Expected an output that JSON can hold, got another.");
  }
}

function plain(value: unknown): unknown {
  if (value instanceof Float32Array) return Array.from(value, shortestFloat);
  if (typeof value === "bigint") return String(value);
  return ArrayBuffer.isView(value) && !(value instanceof DataView) ? Array.from(value as Uint8Array) : value;
}
