import type { Price, TokenPrices } from "@batchwise/core";
import { JOB_PRICE_SHARE } from "./jobs/limits.ts";

/**
 * Dollars for a million tokens at the standard rate, for short contexts: one over 272,000 tokens costs more, and where no
 * price of cached input is known it counts in full. Prices change: the option `price` wins.
 *
 * Source: https://developers.openai.com/api/docs/pricing, as read on 2026-09-23, checked 2026-11-24.
 */
export const PRICES: Readonly<Record<string, Price>> = {
  "text-embedding-3-small": { perMillionInputTokens: 0.02 },
  "text-embedding-3-large": { perMillionInputTokens: 0.13 },
  "text-embedding-ada-002": { perMillionInputTokens: 0.1 },
  "omni-moderation-latest": { perMillionInputTokens: 0 },
  "omni-moderation-2024-09-26": { perMillionInputTokens: 0 },
  "gpt-6.1-sol": generation(2, 10),
  "gpt-6-astra": generation(10, 50),
  "gpt-6-sol": generation(2, 10),
  "gpt-6-luna": generation(0.1, 0.5),
  "gpt-5.6-sol": generation(5, 30),
  "gpt-5.6-terra": generation(2, 12),
  "gpt-5.6-luna": generation(0.2, 1.2),
  "gpt-5.5": generation(5, 30, 0.5),
  "gpt-5.4": generation(2.5, 15, 0.25),
  "gpt-5.4-mini": generation(0.75, 4.5, 0.075),
  "gpt-5.4-nano": generation(0.2, 1.25, 0.02),
  "gpt-5.2": generation(1.75, 14, 0.175),
  "gpt-5.1": generation(1.25, 10, 0.125),
  "gpt-5": generation(1.25, 10, 0.125),
  "gpt-5-mini": generation(0.25, 2, 0.025),
  "gpt-5-nano": generation(0.05, 0.4, 0.005),
  "gpt-4.1": generation(2, 8, 0.5),
  "gpt-4.1-mini": generation(0.4, 1.6, 0.1),
  "gpt-4.1-nano": generation(0.1, 0.4, 0.025),
  "gpt-4o": generation(2.5, 10, 1.25),
  "gpt-4o-mini": generation(0.15, 0.6, 0.075),
  o3: generation(2, 8, 0.5),
  "o4-mini": generation(1.1, 4.4, 0.275),
};

/** Price of a model that generates text. Flex processing costs what the Batch API does: https://developers.openai.com/api/docs/guides/flex-processing */
function generation(input: number, output: number, cachedInput: number = input): Price {
  const at = (share: number): TokenPrices => ({
    perMillionInputTokens: share * input,
    perMillionCachedInputTokens: share * cachedInput,
    perMillionOutputTokens: share * output,
  });
  return { ...at(1), flex: at(JOB_PRICE_SHARE), batch: at(JOB_PRICE_SHARE) };
}

/** A model's price, also for its dated snapshots; undefined for one that is not known. */
export function priceOf(model: string): Price | undefined {
  const name = Object.hasOwn(PRICES, model) ? model : model.replace(/-\d{4}-\d{2}-\d{2}$/, "");
  return Object.hasOwn(PRICES, name) ? PRICES[name] : undefined;
}
