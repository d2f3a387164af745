import { expect, test } from "vitest";

import { Pace } from "./pace.ts";
import { countFast, loadTokenizer, TokenCounter } from "./tokens.ts";

test("exact counts are those of OpenAI's tokenizers", async () => {
  const counter = new TokenCounter("exact");
  const texts = ["hello world", "tokenization is fun", "漢字", "", "<|endoftext|>"];
  expect(await counter.count(texts, "cl100k_base", new Pace())).toEqual([2, 4, 3, 0, 7]);
  expect(await counter.count(texts, "o200k_base", new Pace())).toEqual([2, 4, 2, 0, 7]);
});

test("endless words are counted in pieces, close to the exact count", async () => {
  const tokenizer = await loadTokenizer("cl100k_base");
  const count = (text: string): number => tokenizer.count(text);
  const words = "the quick brown fox ".repeat(200);
  expect(count("x".repeat(1_000_000))).toBeGreaterThan(100_000);
  expect(count(" ".repeat(200_000))).toBeGreaterThan(1000);
  const mixed = count(`${words}${"ab".repeat(1000)} ${words}`);
  const apart = count(words) * 2 + count("ab".repeat(1000));
  expect(Math.abs(mixed - apart)).toBeLessThan(12);
});

test("a counter of your own replaces both, and fast is a quarter of the bytes", async () => {
  expect(await new TokenCounter((text) => text.length * 2).count(["abc"], "cl100k_base", new Pace())).toEqual([6]);
  expect(await new TokenCounter("fast").count(["abcde", "漢字"], "cl100k_base", new Pace())).toEqual([2, 2]);
  expect(countFast("")).toBe(0);
});

test.each([1.5, -1, NaN])("a counter that returns %d is an error", async (count) => {
  await expect(new TokenCounter(() => count).countOne("a", "cl100k_base", new Pace())).rejects.toThrow(
    `Expected \`countTokens\` to return a whole number from 0, got ${count}.`,
  );
});

test("a text that was counted is not counted again", async () => {
  const counter = new TokenCounter("exact");
  const first = await counter.count(["one", "two"], "o200k_base", new Pace());
  expect(await counter.count(["one", "two"], "o200k_base", new Pace())).toEqual(first);
  expect(await counter.countOne("two", "o200k_base", new Pace())).toBe(1);
});
