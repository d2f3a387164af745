import type { Usage } from "@batchwise/core";
import { InputError, ProviderError, ResultError } from "@batchwise/core";
import type { Cohere } from "cohere-ai";
import { usageIn } from "./usage.ts";

/** An answer of a chat model. */
export interface ChatResult {
  /** What the model said; "" where it only calls tools. */
  readonly text: string;
  /** "COMPLETE", "STOP_SEQUENCE"; "MAX_TOKENS" where the answer was cut at its longest; "TOOL_CALL" where the model wants tools to be called. */
  readonly finishReason: string;
  /** The whole message, tool calls, citations and thoughts included. */
  readonly message: Cohere.AssistantMessageResponse;
  readonly usage: Usage | undefined;
}

/**
 * What a chat model answered.
 *
 * @throws ResultError for an answer that is none
 * @throws ProviderError where Cohere gave up in the middle of it
 */
export function answerIn(response: Cohere.V2ChatResponse): ChatResult {
  const { message, finishReason, usage } = response as Partial<Cohere.V2ChatResponse>;
  checkFinish(finishReason);
  // A message without content is one that calls tools, or one that has been cut before its first word.
  if (message?.content === undefined && message?.toolCalls === undefined && finishReason !== "MAX_TOKENS") {
    throw new ResultError("Expected a message in Cohere's answer, came none. Try again, or check `baseURL`.");
  }
  return {
    text: (message?.content ?? []).map((part) => (part.type === "text" ? part.text : "")).join(""),
    finishReason: finishReason ?? "COMPLETE",
    message: message ?? { role: "assistant" },
    usage: usageIn(usage),
  };
}

/** @throws ProviderError where Cohere gave up in the middle of an answer: it may do better another time */
export function checkFinish(finishReason: string | undefined): void {
  if (finishReason !== "ERROR" && finishReason !== "TIMEOUT") return;
  throw new ProviderError(
    `Expected a whole answer from Cohere, it gave up in the middle (${finishReason}). Try again later.`,
    {
      status: 200,
      providerCode: finishReason,
      retryable: true,
    },
  );
}

/** The input is nothing that can be sent. */
export function notPrompt(): InputError {
  return new InputError(
    "Expected a text that is not blank, an array of messages, or an object with `messages`, came something else. Pass one of these.",
  );
}

/** Half of a JSON text is of no use. */
export function cutShort(): ResultError {
  return new ResultError(
    "Expected a whole answer to read by the schema, it was cut at its longest. Raise `maxTokens`, or ask for less.",
  );
}
