import fc from "fast-check";
import { countTokens } from "gpt-tokenizer/encoding/cl100k_base";
import { expect, test } from "vitest";
import { loadCutter } from "./tokens.ts";

const cutter = await loadCutter();
const PLAIN = { disallowedSpecial: new Set<string>() };
const count = (text: string): number => countTokens(text, PLAIN);

/** Prose, code, numbers, marks, scripts without spaces, and pictures, long enough to be counted in several pieces. */
const long = fc
  .array(
    fc.constantFrom(
      "the end ",
      "don't",
      "x = [1, 2];\n",
      "1234567",
      "  \n\n",
      "東京都渋谷区、",
      "é́",
      "😀",
      "---",
      "Ω-3 ",
    ),
    { minLength: 1, maxLength: 700 },
  )
  .map((parts) => parts.join(""));

test("agrees with the tokenizer on what fits", () => {
  fc.assert(
    fc.property(long, fc.integer({ min: -3, max: 3 }), (text, difference) => {
      const limit = Math.max(1, count(text) + difference);
      expect(cutter.fit(text, limit).fits).toBe(count(text) <= limit);
    }),
    { numRuns: 60 },
  );
});

test("a text that does not fit is cut to its longest beginning that does", () => {
  fc.assert(
    fc.property(long, fc.double({ min: 0.1, max: 0.9, noNaN: true }), (text, share) => {
      const limit = Math.max(1, Math.floor(count(text) * share));
      const { beginning, fits } = cutter.fit(text, limit);
      if (fits) return;
      expect(text.startsWith(beginning)).toBe(true);
      expect(count(beginning)).toBeLessThanOrEqual(limit);
      // A character can be several tokens: a few may be left.
      expect(count(beginning)).toBeGreaterThan(limit - 5);
      expect(beginning.isWellFormed()).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test("special tokens count as the plain text that they are", () => {
  const text = "before <|endoftext|> after <|fim_prefix|>";
  expect(cutter.fit(text, count(text))).toEqual({ beginning: text, fits: true });
  expect(cutter.fit(text, 3).fits).toBe(false);
});

test.for([
  ["letters", "abcdefghij".repeat(400)],
  ["one letter", "a".repeat(60_000)],
  ["spaces", " ".repeat(60_000)],
  ["marks", "=".repeat(60_000)],
  ["ideographs", "東京都渋谷区神宮前".repeat(1000)],
  ["pictures", "😀".repeat(9000)],
] as const)(
  "a long run of %s is decided without the square of its time, at most the cuts too leniently",
  ([, text]) => {
    // The tokenizer itself takes minutes for the longest of these.
    const { beginning, fits } = cutter.fit(text, 100);
    expect(fits).toBe(false);
    expect(count(beginning)).toBeLessThanOrEqual(100);
    expect(count(beginning)).toBeGreaterThan(80);
  },
);

test("a run whose count is not certain is left for the provider to judge", () => {
  const text = "abcdefghij".repeat(400);
  const exact = count(text);
  expect(cutter.fit(text, exact).fits).toBe(true);
  expect(cutter.fit(text, exact - 10).fits).toBe(false);
  expect(count(cutter.fit(text, exact - 2).beginning)).toBeLessThanOrEqual(exact - 2);
});

test("a text that is too long whatever it says is not read to its end", () => {
  const huge = "a ".repeat(5_000_000);
  const { beginning, fits } = cutter.fit(huge, 10);
  expect(fits).toBe(false);
  expect(count(beginning)).toBe(10);
});

test("forgets texts: the tokenizer would keep them in memory by their long words", async () => {
  const { default: encoding } = await import("gpt-tokenizer/encoding/cl100k_base");
  cutter.fit("anextraordinarilylongword ".repeat(3), 100);
  const { bytePairEncodingCoreProcessor: core } = encoding as unknown as {
    bytePairEncodingCoreProcessor: { mergeCache: Map<string, unknown> };
  };
  expect(core.mergeCache.size).toBeGreaterThan(0);
  cutter.forget();
  expect(core.mergeCache.size).toBe(0);
});
