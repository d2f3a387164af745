import { expect, test } from "vitest";
import { PRICES, priceOf } from "./prices.ts";

test("a dated snapshot costs what its model costs, an unknown model nothing that is known", () => {
  expect(priceOf("text-embedding-3-small")).toEqual({ perMillionInputTokens: 0.02 });
  expect(priceOf("gpt-5.4-mini-2026-03-17")).toBe(PRICES["gpt-5.4-mini"]);
  expect(priceOf("omni-moderation-2024-09-26")).toEqual({ perMillionInputTokens: 0 });
  expect(priceOf("my-deployment")).toBeUndefined();
  expect(priceOf("toString")).toBeUndefined();
  expect(priceOf("gpt-5.4-mini-latest")).toBeUndefined();
});

test("prices are dollars for a million tokens, and output never costs less than input", () => {
  for (const [model, price] of Object.entries(PRICES)) {
    const { perMillionInputTokens: input = -1, perMillionOutputTokens: output = input } = price;
    expect(input, model).toBeGreaterThanOrEqual(0);
    expect(output, model).toBeGreaterThanOrEqual(input);
    expect(output, model).toBeLessThanOrEqual(100);
  }
});
