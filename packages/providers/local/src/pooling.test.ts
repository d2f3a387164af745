import { expect, test } from "vitest";
import { normalize, pool, type Pooling } from "./pooling.ts";

/** Two texts of 2 and 3 tokens, padded with a vector that must not count. */
const tokens = {
  values: Float32Array.from([1, 2, 3, 6, 99, 99, /* second text */ 1, 0, 2, 0, 6, 9]),
  paddedLength: 3,
  dimensions: 2,
};
const lengths = Int32Array.of(2, 3);

test.for<[Pooling, number[]]>([
  ["mean", [2, 4, 3, 3]],
  ["cls", [1, 2, 1, 0]],
  ["last-token", [3, 6, 6, 9]],
])("%s pooling leaves padding out", ([pooling, expected]) => {
  expect([...pool(tokens, lengths, pooling)]).toEqual(expected);
});

test("normalizing gives each row the length 1", () => {
  const rows = normalize(Float32Array.from([3, 4, 0, 2]), 2);
  expect(rows[0]).toBeCloseTo(0.6);
  expect(rows[1]).toBeCloseTo(0.8);
  expect([...rows.subarray(2)]).toEqual([0, 1]);
});

test("a row of zeros stays, a row that is not finite becomes NaN, its neighbours are untouched", () => {
  const rows = normalize(Float32Array.from([0, 0, 0, Infinity, NaN, 1, 0, 5]), 2);
  expect([...rows]).toEqual([0, 0, NaN, NaN, NaN, NaN, 0, 1]);
});
