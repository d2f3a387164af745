import { ProviderError, ResultError } from "@batchwise/core";
import type { Dialect } from "./errors/dialect.ts";
import { ANY_INPUT } from "./errors/judge.ts";
import { providerError } from "./errors/provider-errors.ts";
import { failureIn } from "./errors/refusal.ts";
import { type Fields, fieldsOf, parseJson, textIn } from "./fields.ts";

/**
 * The text of a message's content: a text, or that of a part or a list's parts. Undefined where no part is a text, such as
 * thoughts alone. Some servers write a text that is a number as a number (cloudflare/ai#651).
 */
export function textOf(content: unknown): string | undefined {
  const texts = (Array.isArray(content) ? content : [content]).map(partOf).filter((text) => text !== undefined);
  return texts.length === 0 ? undefined : texts.join("");
}

function partOf(part: unknown): string | undefined {
  if (typeof part === "string") return part;
  if (typeof part === "number") return String(part);
  const { type = "text", text } = fieldsOf(part) ?? {};
  return (type === "text" || type === "output_text") && typeof text === "string" ? text : undefined;
}

/**
 * JSON that a server has put where its models think, or into the one call of a tool that it has made of the schema; or that it
 * has read itself, as Workers AI does (cloudflare/ai, `workers-ai-provider`).
 */
export function jsonElsewhere(message: unknown): string | undefined {
  const { content, reasoning_content: thoughts, reasoning = thoughts, tool_calls: calls } = fieldsOf(message) ?? {};
  const value = fieldsOf(content);
  if (value !== undefined && !Array.isArray(value) && value["type"] === undefined) return JSON.stringify(value);
  const [call, another] = Array.isArray(calls) ? calls : [];
  const made = fieldsOf(fieldsOf(call)?.["function"])?.["arguments"];
  const written = fieldsOf(made) === undefined ? made : JSON.stringify(made);
  // Which of two it is cannot be told: the second, which is not a text, keeps the first out.
  return [another ?? written, reasoning].map(textIn).find((text = "") => fieldsOf(parseJson(text)));
}

/** Word for the end of an answer, which SGLang's engine has in an object's `type`: sgl-project/sglang, `FINISH_ABORT`. */
function endOf(finishReason: unknown): string | undefined {
  return textIn(fieldsOf(finishReason)?.["type"] ?? finishReason);
}

/**
 * The same of a choice: the model's own word in `native_finish_reason`, where it says that the answer is none or half of one, and
 * the gateway's that all is well (reVrost/go-openrouter#43).
 */
export function endIn(choice: Fields | undefined): string | undefined {
  const end = endOf(choice?.["finish_reason"]);
  const native = choice?.["native_finish_reason"];
  if (isGivenUp(end) || isFiltered(end) || isCut(end)) return end;
  if (isGivenUp(native) || isFiltered(native)) return textIn(native);
  return isCut(native) ? "length" : end;
}

/** Tells whether an answer was cut at its longest. */
export function isCut(finishReason: unknown): boolean {
  return typeof finishReason === "string" && CUT.test(finishReason);
}

/** Xiaomi's models stop where they repeat themselves. Bedrock, watsonx and small servers have more words than one for a length. */
const CUT =
  /^((\w+_)?length(_\w+)?|max_(\w+_)?tokens|token_limit(_\w+)?|(\w+_)?context_window_exceeded|(\w+_)?truncat(ed|ion))$/i;

/** Tells whether a message of chat completions has no text, though it neither calls tools nor speaks, nor was cut before its first word. */
export function isWordless(message: unknown, finishReason: unknown): boolean {
  const { content, tool_calls: calls, function_call: call, audio } = fieldsOf(message) ?? {};
  const isOther =
    (Array.isArray(calls) && calls.length > 0) || [call, audio].some((each) => fieldsOf(each) !== undefined);
  // Ollama has only loaded the model.
  const isUnsaid = textOf(content) === undefined || (content === "" && finishReason === "load");
  return isUnsaid && !isOther && !isCut(finishReason);
}

/** Tells whether a body of chat completions holds a refusal of the model's in the place of a text. */
export function isRefusal(body: unknown): boolean {
  const message = firstChoice(body)?.["message"];
  return textIn(textOf(fieldsOf(message)?.["content"])) === undefined && hasRefusal(message);
}

/** Tells whether the model says no in a message: in its `refusal`, or in a part of its content. */
export function hasRefusal(message: unknown): boolean {
  const { content, refusal } = fieldsOf(message) ?? {};
  const parts = Array.isArray(content) ? content : [content];
  return textIn(textOf(refusal)) !== undefined || parts.some((part) => fieldsOf(part)?.["type"] === "refusal");
}

function firstChoice(body: unknown): ReturnType<typeof fieldsOf> {
  const choices = fieldsOf(body)?.["choices"];
  return Array.isArray(choices) ? fieldsOf(choices[0]) : undefined;
}

/**
 * Fault in a body of chat completions that SDKs hand out as an answer all the same: an error beside half of one, or a message
 * without text. Undefined for any other body.
 */
export function faultIn(body: unknown, dialect: Dialect): Error | undefined {
  const choice = firstChoice(body);
  const failure = failureIn(body) ?? failureIn(choice);
  if (failure !== undefined) return providerError(failure, dialect, ANY_INPUT);
  const { message, text, delta } = choice ?? {};
  const finishReason = endIn(choice);
  if (choice === undefined || isGivenUp(finishReason) || isFiltered(finishReason)) return undefined;
  // The older completions have a text instead.
  if (fieldsOf(message) === undefined)
    return text === undefined && delta === undefined ? notAnswer("a message") : undefined;
  return isWordless(message, finishReason) && !isRefusal(body) ? notAnswer("a message's content") : undefined;
}

/**
 * Tells whether a body is the answer of another kind of endpoint, which it stays however often it is asked: it holds a list.
 * A proxy's words, and those of a server that is not up yet, hold none.
 */
export function isOtherAnswer(body: unknown): boolean {
  return Object.values(fieldsOf(body) ?? {}).some((each) => Array.isArray(each));
}

/** The answer has not the shape that the endpoint's answers have. */
export function notAnswer(expected: string): ResultError {
  return new ResultError(
    `Expected ${expected} in the answer, got none. Try again; if it goes on, check that the server answers as the provider does.`,
  );
}

/**
 * Reasons for which an answer ended that is not one: OpenRouter's and other gateways' `error`, vLLM's `abort`, DeepSeek's
 * and z.AI's own, watsonx's limit of time, Google's call that it could not read or did not want, and what small servers say.
 * Cohere writes its in capitals. Google's `OTHER` is one, while `other` is the AI SDK's word for what it does not know.
 */
export function isGivenUp(finishReason: unknown): finishReason is string {
  return typeof finishReason === "string" && (GIVEN_UP.test(finishReason) || /^(IMAGE_)?OTHER$/.test(finishReason));
}

const GIVEN_UP =
  /^((\w+_)?(error|overloaded|abort(ed)?|timeout|interrupted)|time_limit|cancel(l?ed)?|fail(ed)?|capacity|insufficient_system_resource|error_limit|user_cancel|(function_call_filter: )?(malformed_\w+|(unexpected|too_many)_tool_calls?)|missing_thought_signature|no_image)$/i;

/**
 * Reasons for which a filter held an answer back, or the model did: OpenAI's, z.AI's, Bedrock's, GigaChat's, Cohere's, Anthropic's
 * through OpenRouter, and Google's, which its endpoint for OpenAI's SDK has, too.
 */
export function isFiltered(finishReason: unknown): boolean {
  return typeof finishReason === "string" && FILTERED.test(finishReason);
}

const FILTERED =
  /^(content[_-]?filter(ed)?(: \w+)?|guardrails?(_\w+)?|refusal|blacklist|error_toxic|sensitive|moderation|(\w+_)?policy_violation|(image_)?(safety|recitation|prohibited_content)|blocklist|spii|language|model_armor)$/i;

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
