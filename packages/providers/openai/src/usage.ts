import type { CallReport, Usage } from "@batchwise/core";

/**
 * What an answer says that it used, as a report; an empty one where it says nothing (P9). Reads the names of embeddings
 * and chat completions (`prompt_tokens`) and those of responses (`input_tokens`).
 */
export function usageOf(told: unknown): Pick<CallReport, "usage"> {
  if (typeof told !== "object" || told === null) return {};
  const fields = told as Record<string, unknown>;
  const inputTokens = count(fields["prompt_tokens"]) ?? count(fields["input_tokens"]);
  const outputTokens = count(fields["completion_tokens"]) ?? count(fields["output_tokens"]);
  const totalTokens = count(fields["total_tokens"]);
  const usage: Usage = {
    ...(inputTokens === undefined ? {} : { inputTokens }),
    ...(outputTokens === undefined ? {} : { outputTokens }),
    ...(totalTokens === undefined ? {} : { totalTokens }),
  };
  return Object.keys(usage).length === 0 ? {} : { usage };
}

function count(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
}
