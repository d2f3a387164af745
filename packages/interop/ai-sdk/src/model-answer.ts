import type {
  LanguageModelV2,
  LanguageModelV3GenerateResult,
  LanguageModelV4FinishReason,
  LanguageModelV4GenerateResult,
} from "@ai-sdk/provider";
import { fieldsOf, notAnswer, textOf, usageFrom, word } from "@batchwise/adapter-kit";
import type { Usage } from "@batchwise/core";

/** Result of `doGenerate`, of any specification version. */
export type GenerateResult =
  | LanguageModelV4GenerateResult
  | LanguageModelV3GenerateResult
  | Awaited<ReturnType<LanguageModelV2["doGenerate"]>>;

/** Reason for which a model stopped. */
export type FinishReason = LanguageModelV4FinishReason["unified"];

/** Parts of an answer that all specification versions have, in one shape. */
export interface ModelAnswer {
  readonly text: string;
  readonly finishReason: FinishReason;
  /** The provider's own word for it, where the model passes it on. */
  readonly rawReason: string | undefined;
  readonly content: GenerateResult["content"];
}

/** Tokens of a call: version v2 has numbers where later ones have objects with a total. */
export function usageOf({ usage }: Partial<GenerateResult>): Usage | undefined {
  const { inputTokens, outputTokens, totalTokens } = fieldsOf(usage) ?? {};
  return usageFrom({ inputTokens: totalOf(inputTokens), outputTokens: totalOf(outputTokens), totalTokens });
}

/**
 * Reads what a model answered.
 *
 * @throws ResultError for an answer without any content that is not an empty text
 */
export function answerIn({ content, finishReason, response }: GenerateResult): ModelAnswer {
  const { unified, raw } = typeof finishReason === "string" ? { unified: finishReason, raw: undefined } : finishReason;
  const choice = firstChoice(response?.body);
  // A model leaves out an empty text as it does a missing one: which of them it was is told by the body alone.
  if (content.length === 0 && isMissing(choice)) throw notAnswer("a message's content");
  return {
    text: textOf(content) ?? "",
    finishReason: unified === "unknown" ? "other" : unified,
    rawReason: word(raw) ?? word(choice?.["finish_reason"]),
    content,
  };
}

function totalOf(count: unknown): unknown {
  return fieldsOf(count) === undefined ? count : fieldsOf(count)?.["total"];
}

/** Choice of a body as OpenAI's API has it, and the many that follow it. */
function firstChoice(body: unknown): ReturnType<typeof fieldsOf> {
  const choices = fieldsOf(body)?.["choices"];
  return Array.isArray(choices) ? fieldsOf(choices[0]) : undefined;
}

function isMissing(choice: ReturnType<typeof fieldsOf>): boolean {
  const message = fieldsOf(choice?.["message"]);
  return (
    message !== undefined && (message["content"] ?? undefined) === undefined && choice?.["finish_reason"] !== "length"
  );
}
