import { expect, test } from "vitest";
import { bytes, wrap } from "./format.ts";

test("sizes read at a glance", () => {
  expect([12, 16_000, 2_850_000].map(bytes)).toEqual(["12 B", "16 kB", "2.9 MB"]);
});

test("text is wrapped between words, and within a long word", () => {
  expect(wrap("one two  three\nfour", 9)).toEqual(["one two", "three", "four"]);
  expect(wrap("abcdefghij kl", 4)).toEqual(["abcd", "efgh", "ij", "kl"]);
  expect(wrap("", 4)).toEqual([]);
});
