import { ResultError } from "@batchwise/core";
import { expect, test } from "vitest";
import { VectorLength } from "./vector-length.ts";
import { vectorsIn } from "./vectors-in.ts";

const rows = (...lengths: number[]): number[][] => lengths.map((length) => Array.from({ length }, () => 0.5));
const lengthsOf = (slots: readonly (Float32Array | ResultError)[]): (number | "error")[] =>
  slots.map((slot) => (slot instanceof ResultError ? "error" : slot.length));

test("P51 a vector that comes alone is held against those before it", () => {
  const length = new VectorLength();
  expect(lengthsOf(vectorsIn(rows(3, 3, 3), 3, length))).toEqual([3, 3, 3]);
  expect(lengthsOf(vectorsIn(rows(2), 1, length))).toEqual(["error"]);
  expect(lengthsOf(vectorsIn(rows(2, 2), 2, length))).toEqual(["error", "error"]);
  expect(lengthsOf(vectorsIn(rows(3), 1, length))).toEqual([3]);
});

test("one vector alone makes no length sure, two do", () => {
  const length = new VectorLength();
  expect(lengthsOf(vectorsIn(rows(2), 1, length))).toEqual([2]);
  expect(lengthsOf(vectorsIn(rows(3), 1, length))).toEqual([3]);
  expect(length.known).toBeUndefined();
  for (let call = 0; call < 3; call++) vectorsIn(rows(3), 1, length);
  expect(length.known).toBe(3);
});

test("what two answers had wrong is outvoted", () => {
  const length = new VectorLength();
  for (let call = 0; call < 2; call++) vectorsIn(rows(2), 1, length);
  expect(length.known).toBe(2);
  expect(lengthsOf(vectorsIn(rows(3, 3, 3), 3, length))).toEqual(["error", "error", "error"]);
  expect(lengthsOf(vectorsIn(rows(3, 3, 3), 3, length))).toEqual([3, 3, 3]);
  // Rows that hold no vector have no vote.
  vectorsIn([[1], null, null, null, null, null, null, null], 8, length);
  expect(length.known).toBe(3);
});

test("what was asked for is sure from the start", () => {
  expect(lengthsOf(vectorsIn(rows(2), 1, new VectorLength(3)))).toEqual(["error"]);
});
