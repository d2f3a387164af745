import { ResultError } from "@batchwise/core";
import { fieldsOf } from "../fields.ts";
import { placeRows } from "./place-rows.ts";
import { VectorDecoder } from "./vector-decoder.ts";
import type { VectorLength } from "./vector-length.ts";

/**
 * One vector for each of `count` inputs, each with memory of its own, or why there is none.
 *
 * @param rows `{ index, embedding }` in any order, or without an index in the order of the inputs, or embeddings alone
 * @param length what each vector's length must be: a number, or what a Runnable's answers have shown. @default the length
 *   that most of them have
 * @param decoder has the vectors that were decoded while the answer arrived
 */
export function vectorsIn(
  rows: unknown,
  count: number,
  length?: number | VectorLength,
  decoder: VectorDecoder = new VectorDecoder(),
): (Float32Array | ResultError)[] {
  const slots = placeRows(rows, count).map((row) =>
    row instanceof ResultError ? row : decoder.decode(isBare(row) ? row : fieldsOf(row)?.["embedding"]),
  );
  const usual = usualLength(slots);
  const expected = (typeof length === "object" ? length.known : length) ?? usual?.length;
  if (typeof length === "object" && usual !== undefined) length.vote(usual.length, usual.count);
  return slots.map((slot) =>
    slot instanceof ResultError || slot.length === expected ? slot : wrongLength(expected, slot.length),
  );
}

function isBare(row: unknown): boolean {
  return typeof row === "string" || Array.isArray(row) || ArrayBuffer.isView(row);
}

/** The length of more than half of the vectors, and how many have it. Where no length has so many, none can be relied on. */
function usualLength(
  slots: readonly (Float32Array | ResultError)[],
): { readonly length: number; readonly count: number } | undefined {
  const counts = new Map<number, number>();
  let vectors = 0;
  for (const slot of slots) {
    if (slot instanceof ResultError) continue;
    vectors++;
    counts.set(slot.length, (counts.get(slot.length) ?? 0) + 1);
  }
  for (const [length, count] of counts) if (count * 2 > vectors) return { length, count };
  return undefined;
}

function wrongLength(expected: number | undefined, got: number): ResultError {
  const lengths = expected === undefined ? "vectors of one length" : `vectors of length ${expected}`;
  return new ResultError(`Expected ${lengths}, got one of length ${got} for this input. Send it again.`);
}
