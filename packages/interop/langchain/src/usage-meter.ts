import { type Fields, usageFrom } from "@batchwise/adapter-kit";
import type { Usage } from "@batchwise/core";
import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import type { LLMResult } from "@langchain/core/outputs";

/** Adds up what the language models of one call have used, however deep they are in it. */
export class UsageMeter extends BaseCallbackHandler {
  readonly name = "batchwise_usage";
  /** Else it would be called after the call is over. */
  override awaitHandlers = true;
  /** Undefined as long as no model has reported what it used. */
  usage: { inputTokens: number; outputTokens: number } | undefined;

  override handleLLMEnd(output: LLMResult): void {
    for (const each of usagesIn(output)) {
      this.usage ??= { inputTokens: 0, outputTokens: 0 };
      this.usage.inputTokens += each.inputTokens ?? 0;
      this.usage.outputTokens += each.outputTokens ?? 0;
    }
  }
}

/** Usages that the provider reported: with each message of a chat model, or once for all texts of an older one. */
function usagesIn({ generations, llmOutput }: LLMResult): Usage[] {
  const messages = generations.flat().map((generation) => (generation as { message?: Message }).message);
  const usages = messages.map((message) => read(message?.usage_metadata, "input_tokens", "output_tokens"));
  if (usages.some((usage) => usage !== undefined)) return usages.filter((usage) => usage !== undefined);
  const once = read(llmOutput?.["tokenUsage"] as Counts, "promptTokens", "completionTokens");
  return once === undefined ? [] : [once];
}

type Counts = Fields | undefined;

interface Message {
  readonly usage_metadata?: Counts;
}

function read(counts: Counts, input: string, output: string): Usage | undefined {
  return usageFrom({ inputTokens: counts?.[input], outputTokens: counts?.[output] });
}
