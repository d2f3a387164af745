import type { Price } from "@batchwise/core";

/** Cost of tokens at a price; undefined without one. */
export function costOf(price: Price | undefined, inputTokens: number, outputTokens: number): number | undefined {
  if (price === undefined) return undefined;
  const { perMillionInputTokens = 0, perMillionOutputTokens = 0 } = price;
  return (inputTokens * perMillionInputTokens + outputTokens * perMillionOutputTokens) / 1_000_000;
}

/** A share of a price. */
export function shareOf({ perMillionInputTokens, perMillionOutputTokens }: Price, share: number): Price {
  return {
    ...(perMillionInputTokens === undefined ? {} : { perMillionInputTokens: perMillionInputTokens * share }),
    ...(perMillionOutputTokens === undefined ? {} : { perMillionOutputTokens: perMillionOutputTokens * share }),
  };
}
