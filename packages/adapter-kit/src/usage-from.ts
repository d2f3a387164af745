import type { Usage } from "@batchwise/core";
import { defined } from "./defined.ts";
import { countIn } from "./fields.ts";

/**
 * Usage in an answer: counts that are not numbers from 0 are left out. Undefined where nothing is left, for
 * what is unknown is not nothing (P9).
 */
export function usageFrom({ inputTokens, outputTokens, totalTokens, cost }: Counts): Usage | undefined {
  const usage: Usage = defined({
    inputTokens: countIn(inputTokens),
    outputTokens: countIn(outputTokens),
    totalTokens: countIn(totalTokens),
    cost: countIn(cost),
  });
  return Object.keys(usage).length === 0 ? undefined : usage;
}

/** Whatever an answer has where a count should be. */
type Counts = { readonly [Name in keyof Usage]: unknown };
