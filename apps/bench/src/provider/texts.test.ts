import { describe, expect, test } from "vitest";
import { lognormalTexts, BAD_MARKER, badPositions, tokensOf } from "./texts.ts";

const OPTIONS = { count: 20_000, seed: 7, meanTokens: 110 };

describe("lognormalTexts", () => {
  const texts = lognormalTexts(OPTIONS);
  const tokens = texts.map(tokensOf).toSorted((left, right) => left - right);

  test("makes `count` texts, all different and in ASCII", () => {
    expect(texts).toHaveLength(OPTIONS.count);
    expect(new Set(texts).size).toBe(OPTIONS.count);
    expect(texts.every((text) => text.length > 0 && Buffer.byteLength(text) === text.length)).toBe(true);
  });

  test("has the given mean, a median below it, and no text that is too long", () => {
    const mean = tokens.reduce((total, each) => total + each, 0) / tokens.length;
    expect(mean).toBeGreaterThan(107);
    expect(mean).toBeLessThan(113);
    expect(tokens[tokens.length / 2]).toBeLessThan(mean * 0.75);
    expect(tokens.at(-1)).toBeGreaterThan(1000);
    expect(tokens.at(-1)).toBeLessThanOrEqual(8192);
  });

  test("is the same for the same seed, and different for another", () => {
    expect(lognormalTexts({ ...OPTIONS, count: 100 })).toEqual(texts.slice(0, 100));
    expect(lognormalTexts({ ...OPTIONS, count: 100, seed: 8 })).not.toEqual(texts.slice(0, 100));
  });
});

test("the marker is in exactly the texts that badPositions names, one in each block", () => {
  const texts = lognormalTexts({ ...OPTIONS, count: 4500, badInputEvery: 1000 });
  const found = [...texts.keys()].filter((index) => texts[index]?.includes(BAD_MARKER));
  expect(found).toEqual(badPositions(4500, OPTIONS.seed, 1000));
  expect(found.map((index) => Math.floor(index / 1000))).toEqual([0, 1, 2, 3]);
  expect(badPositions(4500, OPTIONS.seed, undefined)).toEqual([]);
});

test("tokens are counted as the emulator counts them: four bytes each, the rest rounded up", () => {
  expect(["", "a", "abcd", "abcde"].map(tokensOf)).toEqual([0, 1, 1, 2]);
});
