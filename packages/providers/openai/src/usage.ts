import { countIn, fieldsOf, usageFrom } from "@batchwise/adapter-kit";
import type { Usage } from "@batchwise/core";

/**
 * What an answer says that it used; undefined where it says nothing (P9). Reads the names of embeddings and chat completions
 * (`prompt_tokens`) and those of responses (`input_tokens`).
 */
export function usageOf(told: unknown): Usage | undefined {
  const fields = fieldsOf(told) ?? {};
  return usageFrom({
    inputTokens: countIn(fields["prompt_tokens"]) ?? fields["input_tokens"],
    outputTokens: countIn(fields["completion_tokens"]) ?? fields["output_tokens"],
    totalTokens: fields["total_tokens"],
  });
}
