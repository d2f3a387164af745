import { expect, test } from "vitest";
import { toUnitLength } from "./unit-length.ts";

test("a vector of another length is scaled to 1", () => {
  expect([...toUnitLength(Float32Array.of(3, 4))]).toEqual([expect.closeTo(0.6), expect.closeTo(0.8)]);
});

test("one of length 1 or 0 stays the same", () => {
  const unit = Float32Array.of(0.6, 0.8);
  expect(toUnitLength(unit)).toBe(unit);
  expect([...toUnitLength(Float32Array.of(0, 0))]).toEqual([0, 0]);
});
