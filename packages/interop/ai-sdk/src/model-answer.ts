import type {
  LanguageModelV2,
  LanguageModelV3GenerateResult,
  LanguageModelV4FinishReason,
  LanguageModelV4GenerateResult,
} from "@ai-sdk/provider";
import {
  type Dialect,
  endIn,
  faultIn,
  fieldsOf,
  isFiltered,
  isGivenUp,
  isRefusal,
  jsonElsewhere,
  textIn,
  textOf,
  usageFrom,
} from "@batchwise/adapter-kit";
import { ResultError, type Usage } from "@batchwise/core";

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
  const {
    inputTokens,
    outputTokens,
    cachedInputTokens,
    raw,
    totalTokens = fieldsOf(raw)?.["total_tokens"],
  } = fieldsOf(usage) ?? {};
  const input = fieldsOf(inputTokens);
  return usageFrom({
    inputTokens: totalOf(inputTokens),
    cachedInputTokens: input?.["cacheRead"] ?? cachedInputTokens,
    cacheWriteTokens: input?.["cacheWrite"],
    outputTokens: totalOf(outputTokens),
    totalTokens,
  });
}

/**
 * Reads what a model answered.
 *
 * @param isJson true where the text is to be JSON, which some servers put elsewhere
 * @throws ProviderError for half an answer beside an error, or ResultError for one without content that is not an empty text
 */
export function answerIn(
  { content, finishReason, response }: GenerateResult,
  dialect: Dialect,
  isJson: boolean,
): ModelAnswer {
  const choice = firstChoice(response?.body);
  const { finish_reason: reason, message } = choice ?? {};
  const text = textOf(content) || (isJson && jsonElsewhere(message)) || "";
  // A model hides an error beside its text, and leaves out an empty text as it does a missing one: the body alone tells.
  const fault = faultIn(response?.body, dialect);
  if (fault !== undefined && (text === "" || !ResultError.isInstance(fault))) throw fault;
  const { unified, raw } = typeof finishReason === "string" ? { unified: finishReason, raw: undefined } : finishReason;
  const end = endIn(choice);
  const rawReason = isGivenUp(end) || isFiltered(end) ? end : (textIn(raw) ?? textIn(reason));
  // Models of version v2 leave a refusal out, and say that all is well.
  const isHeldBack = isFiltered(rawReason) || isRefusal(response?.body);
  return {
    text,
    finishReason: isHeldBack ? "content-filter" : end === "length" ? end : unified === "unknown" ? "other" : unified,
    rawReason,
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
