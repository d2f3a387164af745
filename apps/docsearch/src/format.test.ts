import { expect, test } from "vitest";
import { bytes, counted, dollars, duration, wrap } from "./format.ts";

test("durations and sizes read at a glance", () => {
  expect([40, 9_940, 9_960, 59_600, 125_000].map(duration)).toEqual([
    "0.0 s",
    "9.9 s",
    "10 s",
    "1 min 0 s",
    "2 min 5 s",
  ]);
  expect([12, 16_000, 2_850_000].map(bytes)).toEqual(["12 B", "16 kB", "2.9 MB"]);
  expect([counted(1, "file"), counted(1_200, "copy", "copies")]).toEqual(["1 file", "1,200 copies"]);
});

test("text is wrapped between words, and a long word where it must be", () => {
  expect(wrap("one two  three\nfour", 9)).toEqual(["one two", "three", "four"]);
  expect(wrap("abcdefghij kl", 4)).toEqual(["abcd", "efgh", "ij", "kl"]);
  expect(wrap("", 4)).toEqual([]);
});

test("dollars keep two digits, however small", () => {
  expect([0, 12.5, 0.1, 0.094, 0.00034123, 0.0000001].map(dollars)).toEqual([
    "$0.00",
    "$12.50",
    "$0.10",
    "$0.094",
    "$0.00034",
    "$0.0000001",
  ]);
});
