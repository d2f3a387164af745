import { countIn, fieldsOf, usageFrom } from "@batchwise/adapter-kit";
import type { Usage } from "@batchwise/core";

/**
 * Usage in an answer; undefined where it reports none (P9). Reads the names of embeddings and chat completions
 * (`prompt_tokens`) and those of responses (`input_tokens`), and for what was cached DeepSeek's:
 * https://api-docs.deepseek.com/guides/kv_cache, checked 2026-11-30.
 */
export function usageOf(usage: unknown): Usage | undefined {
  const fields = fieldsOf(usage) ?? {};
  const details = fieldsOf(fields["prompt_tokens_details"] ?? fields["input_tokens_details"]);
  return usageFrom({
    inputTokens: countIn(fields["prompt_tokens"]) ?? fields["input_tokens"],
    cachedInputTokens: details?.["cached_tokens"] ?? fields["prompt_cache_hit_tokens"],
    outputTokens: countIn(fields["completion_tokens"]) ?? fields["output_tokens"],
    totalTokens: fields["total_tokens"],
  });
}

/** The same of an endpoint without output, some of whose servers report the sum alone: https://docs.voyageai.com/reference/embeddings-api */
export function inputUsageOf(usage: unknown): Usage | undefined {
  return usageOf({ input_tokens: fieldsOf(usage)?.["total_tokens"], ...fieldsOf(usage) });
}
