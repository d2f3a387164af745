import { countIn, fieldsOf, usageFrom } from "@batchwise/adapter-kit";
import type { Usage } from "@batchwise/core";

/**
 * Usage in an answer; undefined where it reports none (P9). Reads the names of embeddings and chat completions
 * (`prompt_tokens`) and those of responses (`input_tokens`).
 */
export function usageOf(usage: unknown): Usage | undefined {
  const fields = fieldsOf(usage) ?? {};
  const details = fieldsOf(fields["prompt_tokens_details"] ?? fields["input_tokens_details"]);
  const input = countIn(fields["prompt_tokens"]) ?? countIn(fields["input_tokens"]);
  const output = countIn(fields["completion_tokens"]) ?? countIn(fields["output_tokens"]);
  const total = countIn(fields["total_tokens"]);
  // Thoughts are paid for as what was said is. Google's and xAI's endpoints have them in the sum alone.
  const thought = input !== undefined && input > 0 && output !== undefined ? (total ?? 0) - input : 0;
  return usageFrom({
    inputTokens: input,
    cachedInputTokens: details?.["cached_tokens"],
    outputTokens: output === undefined ? undefined : Math.max(output, thought),
    totalTokens: total,
  });
}

/** The same of an endpoint without output, some of whose servers report the sum alone: https://docs.voyageai.com/reference/embeddings-api */
export function inputUsageOf(usage: unknown): Usage | undefined {
  return usageOf({ input_tokens: fieldsOf(usage)?.["total_tokens"], ...fieldsOf(usage) });
}
