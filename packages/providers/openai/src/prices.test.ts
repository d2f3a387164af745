import type { Price } from "@batchwise/core";
import { expect, test } from "vitest";
import { OpenAIChat } from "./chat.ts";
import { PRICES, priceOf } from "./prices.ts";

test("a dated snapshot costs what its model costs, an unknown model nothing that is known", () => {
  expect(priceOf("text-embedding-3-small")).toEqual({ perMillionInputTokens: 0.02 });
  expect(priceOf("gpt-5.4-mini-2026-03-17")).toBe(PRICES["gpt-5.4-mini"]);
  expect(priceOf("omni-moderation-2024-09-26")).toEqual({ perMillionInputTokens: 0 });
  expect(priceOf("my-deployment")).toBeUndefined();
  expect(priceOf("toString")).toBeUndefined();
  expect(priceOf("gpt-5.4-mini-latest")).toBeUndefined();
});

test("generated text has a price of cached input where it is known, and one of flex processing and of jobs", () => {
  expect(priceOf("gpt-5.4")).toMatchObject({ perMillionCachedInputTokens: 0.25 });
  expect(priceOf("gpt-6-luna")).toMatchObject({ perMillionInputTokens: 0.1, perMillionCachedInputTokens: 0.1 });
  const half = { perMillionInputTokens: 1.25, perMillionCachedInputTokens: 0.125, perMillionOutputTokens: 7.5 };
  expect(priceOf("gpt-5.4")).toMatchObject({ flex: half, batch: half });
});

// https://developers.openai.com/api/docs/guides/flex-processing: `service_tier` of a request.
test("a Runnable whose requests ask for flex processing has its price", () => {
  const priceFor = (body: object, price?: Price): Price | undefined =>
    new OpenAIChat({ apiKey: "key", model: "gpt-5.4", body, ...(price && { price }) }).settings.price;
  expect(priceFor({ service_tier: "flex" })).toMatchObject({
    perMillionInputTokens: 1.25,
    perMillionOutputTokens: 7.5,
  });
  expect(priceFor({ service_tier: "auto" })).toMatchObject({ perMillionInputTokens: 2.5 });
  const own = { perMillionInputTokens: 9, flex: { perMillionInputTokens: 3 } };
  expect(priceFor({ service_tier: "flex" }, own)).toMatchObject({ perMillionInputTokens: 3 });
});

test("prices are dollars for a million tokens, and output never costs less than input", () => {
  for (const [model, price] of Object.entries(PRICES)) {
    const { perMillionInputTokens: input = -1, perMillionOutputTokens: output = input } = price;
    expect(input, model).toBeGreaterThanOrEqual(0);
    expect(output, model).toBeGreaterThanOrEqual(input);
    expect(output, model).toBeLessThanOrEqual(100);
  }
});
