import { completionIn, countIn, type Fields, fieldsOf, textIn, textOf } from "@batchwise/adapter-kit";
import { refusedAnswer } from "./errors.ts";
import type { FinishReason, GenerateResult } from "./model-answer.ts";

/**
 * Result of a model; or the answer in a body that the model's own schema refused for something beside it, such as a content of
 * parts, no `index` or an odd `usage`: it is paid for.
 *
 * @throws what the model threw, where there is no answer beyond doubt
 */
export async function resultOf(generateOnce: () => PromiseLike<GenerateResult>): Promise<GenerateResult> {
  try {
    return await generateOnce();
  } catch (thrown) {
    const response = refusedAnswer(thrown);
    if (response === undefined) throw thrown;
    const result = resultIn(completionIn(response.body), response.headers);
    if (result === undefined) throw thrown;
    return result;
  }
}

function resultIn(body: Fields | undefined, headers: unknown): GenerateResult | undefined {
  const [choice, another] = (body?.["choices"] as unknown[] | undefined)?.map(fieldsOf) ?? [];
  const message = fieldsOf(choice?.["message"]);
  const calls = Array.isArray(message?.["tool_calls"]) ? message["tool_calls"].map(callOf) : [];
  // Which of two it is, or what a call is to do, cannot be told.
  if (message === undefined || another !== undefined || calls.includes(undefined)) return undefined;
  const text = textIn(textOf(message["content"]));
  const {
    prompt_tokens: prompt,
    prompt_tokens_details: details,
    completion_tokens: completion,
  } = fieldsOf(body?.["usage"]) ?? {};
  const raw = textIn(choice?.["finish_reason"]);
  return {
    content: [...(text === undefined ? [] : [{ type: "text", text }]), ...calls],
    finishReason: { unified: REASONS[raw ?? ""] ?? "other", raw },
    usage: {
      inputTokens: { total: countIn(prompt), cacheRead: countIn(fieldsOf(details)?.["cached_tokens"]) },
      outputTokens: { total: countIn(completion) },
    },
    response: { headers, body },
    warnings: [],
  } as unknown as GenerateResult;
}

const REASONS: Readonly<Record<string, FinishReason>> = {
  stop: "stop",
  length: "length",
  content_filter: "content-filter",
  tool_calls: "tool-calls",
  function_call: "tool-calls",
};

function callOf(call: unknown, index: number): object | undefined {
  const { id = `call-${index}`, function: called } = fieldsOf(call) ?? {};
  const { name, arguments: given } = fieldsOf(called) ?? {};
  const input = fieldsOf(given) === undefined ? given : JSON.stringify(given);
  if (typeof name !== "string" || typeof input !== "string") return undefined;
  return { type: "tool-call", toolCallId: String(id), toolName: name, input };
}
