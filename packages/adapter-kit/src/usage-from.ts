import type { Usage } from "@batchwise/core";
import { defined } from "./defined.ts";
import { countIn } from "./fields.ts";

/**
 * Usage in an answer: counts that are not numbers from 0 are left out, and so is an input of 0 tokens, which servers report
 * that do not count (P51), as are parts of it that are 0. Undefined where nothing is left, for what is unknown is not nothing (P9).
 *
 * Thoughts that the sum alone has are output, as they are paid for so: Google's and xAI's endpoints for OpenAI's SDK leave them
 * out of it. Input that was cached may be in the sum beside the rest of it.
 */
export function usageFrom(counts: Counts): Usage | undefined {
  const some = (name: keyof Usage): number | undefined => countIn(counts[name]) || undefined;
  const [input = Infinity, output] = [some("inputTokens"), countIn(counts.outputTokens)];
  const beyond = (some("totalTokens") ?? 0) - input - (output ?? Infinity);
  const besides = ["cachedInputTokens", "cacheWriteTokens", "uncountedInputTokens"] as const;
  const cached = besides.reduce((sum, name) => sum + (some(name) ?? 0), 0);
  const usage: Usage = defined({
    inputTokens: some("inputTokens"),
    cachedInputTokens: some("cachedInputTokens"),
    cacheWriteTokens: some("cacheWriteTokens"),
    uncountedInputTokens: some("uncountedInputTokens"),
    outputTokens: output !== undefined && beyond > cached ? output + beyond : output,
    totalTokens: some("totalTokens"),
    cost: countIn(counts.cost),
  });
  return Object.entries(usage).some(([name, count]) => name === "cost" || count > 0) ? usage : undefined;
}

/** Whatever an answer has where a count should be. */
type Counts = { readonly [Name in keyof Usage]: unknown };
