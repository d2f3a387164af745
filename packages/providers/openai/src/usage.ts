import { countIn, defined, fieldsOf } from "@batchwise/adapter-kit";
import type { CallReport } from "@batchwise/core";

/**
 * What an answer says that it used, as a report; an empty one where it says nothing (P9). Reads the names of embeddings
 * and chat completions (`prompt_tokens`) and those of responses (`input_tokens`).
 */
export function usageOf(told: unknown): Pick<CallReport, "usage"> {
  const fields = fieldsOf(told) ?? {};
  const usage = defined({
    inputTokens: countIn(fields["prompt_tokens"]) ?? countIn(fields["input_tokens"]),
    outputTokens: countIn(fields["completion_tokens"]) ?? countIn(fields["output_tokens"]),
    totalTokens: countIn(fields["total_tokens"]),
  });
  return Object.keys(usage).length === 0 ? {} : { usage };
}
