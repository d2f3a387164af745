import type { Price } from "@batchwise/core";

/** Price of a model in US dollars: for a million tokens, or for a thousand searches. */
export interface CoherePrice extends Price {
  /** For rerank: a search is one query with up to 100 documents, as Cohere counts it. */
  readonly perThousandSearches?: number;
}

/**
 * List prices by model in US dollars, from https://cohere.com/pricing, checked on 2026-11-24. A model that is not
 * here has no list price, or none for new customers: give the `price` option to have its cost counted.
 */
export const PRICES: Readonly<Record<string, CoherePrice>> = {
  "embed-v5.0-pro": { perMillionInputTokens: 0.12 },
  "embed-v5.0-fast": { perMillionInputTokens: 0.08 },
  "embed-v4.0": { perMillionInputTokens: 0.12 },
  "rerank-v5.0-pro": { perMillionInputTokens: 0.05 },
  "rerank-v5.0-fast": { perMillionInputTokens: 0.02 },
  "rerank-v4.0-pro": { perThousandSearches: 2.5 },
  "rerank-v4.0-fast": { perThousandSearches: 2 },
  "rerank-v3.5": { perThousandSearches: 2 },
  "command-a-03-2025": { perMillionInputTokens: 2.5, perMillionOutputTokens: 10 },
  "command-r-plus-08-2024": { perMillionInputTokens: 2.5, perMillionOutputTokens: 10 },
  "command-r-08-2024": { perMillionInputTokens: 0.15, perMillionOutputTokens: 0.6 },
  "command-r7b-12-2024": { perMillionInputTokens: 0.0375, perMillionOutputTokens: 0.15 },
};
