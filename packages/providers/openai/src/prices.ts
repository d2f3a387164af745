import type { Price } from "@batchwise/core";

/**
 * Dollars for a million tokens at the standard rate, for short contexts. What is cached costs less and a context over
 * 272,000 tokens more, so that a cost reckoned from it is close and not exact. Prices change: the option `price` wins.
 *
 * Source: https://developers.openai.com/api/docs/pricing, as read on 2026-09-23, checked 2026-11-24.
 */
export const PRICES: Readonly<Record<string, Price>> = {
  "text-embedding-3-small": { perMillionInputTokens: 0.02 },
  "text-embedding-3-large": { perMillionInputTokens: 0.13 },
  "text-embedding-ada-002": { perMillionInputTokens: 0.1 },
  "omni-moderation-latest": { perMillionInputTokens: 0 },
  "omni-moderation-2024-09-26": { perMillionInputTokens: 0 },
  "gpt-6.1-sol": { perMillionInputTokens: 2, perMillionOutputTokens: 10 },
  "gpt-6-astra": { perMillionInputTokens: 10, perMillionOutputTokens: 50 },
  "gpt-6-sol": { perMillionInputTokens: 2, perMillionOutputTokens: 10 },
  "gpt-6-luna": { perMillionInputTokens: 0.1, perMillionOutputTokens: 0.5 },
  "gpt-5.6-sol": { perMillionInputTokens: 5, perMillionOutputTokens: 30 },
  "gpt-5.6-terra": { perMillionInputTokens: 2, perMillionOutputTokens: 12 },
  "gpt-5.6-luna": { perMillionInputTokens: 0.2, perMillionOutputTokens: 1.2 },
  "gpt-5.5": { perMillionInputTokens: 5, perMillionOutputTokens: 30 },
  "gpt-5.4": { perMillionInputTokens: 2.5, perMillionOutputTokens: 15 },
  "gpt-5.4-mini": { perMillionInputTokens: 0.75, perMillionOutputTokens: 4.5 },
  "gpt-5.4-nano": { perMillionInputTokens: 0.2, perMillionOutputTokens: 1.25 },
  "gpt-5.2": { perMillionInputTokens: 1.75, perMillionOutputTokens: 14 },
  "gpt-5.1": { perMillionInputTokens: 1.25, perMillionOutputTokens: 10 },
  "gpt-5": { perMillionInputTokens: 1.25, perMillionOutputTokens: 10 },
  "gpt-5-mini": { perMillionInputTokens: 0.25, perMillionOutputTokens: 2 },
  "gpt-5-nano": { perMillionInputTokens: 0.05, perMillionOutputTokens: 0.4 },
  "gpt-4.1": { perMillionInputTokens: 2, perMillionOutputTokens: 8 },
  "gpt-4.1-mini": { perMillionInputTokens: 0.4, perMillionOutputTokens: 1.6 },
  "gpt-4.1-nano": { perMillionInputTokens: 0.1, perMillionOutputTokens: 0.4 },
  "gpt-4o": { perMillionInputTokens: 2.5, perMillionOutputTokens: 10 },
  "gpt-4o-mini": { perMillionInputTokens: 0.15, perMillionOutputTokens: 0.6 },
  o3: { perMillionInputTokens: 2, perMillionOutputTokens: 8 },
  "o4-mini": { perMillionInputTokens: 1.1, perMillionOutputTokens: 4.4 },
};

/** A model's price, also for its dated snapshots; undefined for one that is not known. */
export function priceOf(model: string): Price | undefined {
  const name = Object.hasOwn(PRICES, model) ? model : model.replace(/-\d{4}-\d{2}-\d{2}$/, "");
  return Object.hasOwn(PRICES, name) ? PRICES[name] : undefined;
}
