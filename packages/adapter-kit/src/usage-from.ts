import type { Usage } from "@batchwise/core";
import { defined } from "./defined.ts";
import { countIn } from "./fields.ts";

/**
 * What an answer says that it used: counts that are not numbers from 0 are left out. Undefined where nothing is left, for
 * what was not told is not nothing (P9).
 */
export function usageFrom({ inputTokens, outputTokens, totalTokens, cost }: Told): Usage | undefined {
  const usage: Usage = defined({
    inputTokens: countIn(inputTokens),
    outputTokens: countIn(outputTokens),
    totalTokens: countIn(totalTokens),
    cost: countIn(cost),
  });
  return Object.keys(usage).length === 0 ? undefined : usage;
}

/** Whatever an answer has where a count should be. */
type Told = { readonly [Name in keyof Usage]: unknown };
