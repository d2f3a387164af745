import type { Price } from "@batchwise/core";
import { costOf as costIn } from "@batchwise/core/wrappers";

/** Cost of tokens at a price; undefined without one. */
export function costOf(price: Price | undefined, inputTokens: number, outputTokens: number): number | undefined {
  return price === undefined ? undefined : costIn({ inputTokens, outputTokens }, price);
}

/** Price in a job: the provider's own for jobs, where it has one, else a share of the live one. */
export function jobPriceOf(price: Price | undefined, share: number = 1): Price | undefined {
  if (price === undefined) return undefined;
  const { batch, flex: _, ...live } = price;
  if (batch !== undefined) return batch;
  const scaled = Object.entries(live).map(([name, each]) => [name, each === undefined ? undefined : each * share]);
  return Object.fromEntries(scaled) as Price;
}
