import { ProviderError, ResultError } from "@batchwise/core";
import type { Dialect } from "./errors/dialect.ts";
import { fieldsOf } from "./fields.ts";

/** The text of a message's content: a text, or a list of parts of which those with text have some. */
export function textOf(content: unknown): string | undefined {
  if (typeof content === "string") return content;
  return Array.isArray(content) ? content.map(partOf).join("") : undefined;
}

function partOf(part: unknown): string {
  if (typeof part === "string") return part;
  const { type = "text", text } = fieldsOf(part) ?? {};
  return (type === "text" || type === "output_text") && typeof text === "string" ? text : "";
}

/** The answer has not the shape that the endpoint's answers have. */
export function notAnswer(expected: string): ResultError {
  return new ResultError(
    `Expected ${expected} in the answer, got none. Try again; if it goes on, check that the server answers as the provider does.`,
  );
}

/**
 * Reasons for which an answer ended that is not one: OpenRouter's and other gateways' `error`, vLLM's `abort`, DeepSeek's
 * and z.AI's own. Cohere writes its in capitals.
 */
export function isGivenUp(finishReason: unknown): finishReason is string {
  return typeof finishReason === "string" && GIVEN_UP.test(finishReason);
}

const GIVEN_UP = /^(error|network_error|timeout|abort|aborted|insufficient_system_resource)$/i;

/** The provider gave the answer up in the middle: half of it is not an answer. */
export function gaveUp(finishReason: string, { provider }: Pick<Dialect, "provider">): ProviderError {
  return new ProviderError(
    `Expected a whole answer from ${provider}, got one that it gave up (${finishReason}). Try again later.`,
    { status: 200, providerCode: finishReason, retryable: true },
  );
}

/** The model said no. Its words may quote the input, and are left out. */
export function refused(): ResultError {
  return new ResultError("Expected an answer, got a refusal of the model's. Change the input, or leave it out.");
}

/** The provider held the answer back. */
export function filtered(): ResultError {
  return new ResultError(
    "Expected an answer, got one that the provider's content filter holds back. Change the input.",
  );
}

/** Half of a JSON text is of no use. */
export function cutShort(): ResultError {
  return new ResultError(
    "Expected a whole answer to read by the schema, got one that was cut at its longest. Raise `maxTokens`, or ask for less.",
  );
}
