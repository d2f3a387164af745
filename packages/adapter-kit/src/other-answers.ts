import { isCut, textOf } from "./answers.ts";
import { defined } from "./defined.ts";
import { countIn, type Fields, fieldsOf, textIn } from "./fields.ts";

/**
 * Body of chat completions in OpenAI's form: `body` itself where it is one, else what it says where it is an answer of
 * Anthropic's, Google's or Bedrock's, or of OpenAI's Responses, which gateways hand on as they get it. Thoughts are left out;
 * any other body, and one of an answer that goes on, is undefined.
 *
 * Sources, checked 2026-11-29: https://docs.litellm.ai/docs/providers/bedrock_batches, https://platform.claude.com/docs/en/api/messages,
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html, https://ai.google.dev/api/generate-content.
 */
export function completionIn(body: unknown): Fields | undefined {
  const fields = fieldsOf(body) ?? {};
  if (Array.isArray(fields["choices"])) return fields;
  const said = saidIn(fields);
  if (said === undefined) return undefined;
  const { parts, reason } = said;
  const list = Array.isArray(parts) ? parts : [parts];
  const calls = list.flatMap(callIn);
  const content = textOf(list.filter((part) => fieldsOf(part)?.["thought"] !== true)) ?? null;
  const message = { role: "assistant", content, ...(calls.length > 0 ? { tool_calls: calls } : {}) };
  const id = textIn(fields["id"] ?? fields["responseId"]);
  const model = textIn(fields["model"] ?? fields["modelVersion"]);
  return {
    ...defined({ id, model }),
    choices: [{ index: 0, message, finish_reason: reasonOf(reason, calls.length > 0) }],
    usage: usageIn(fieldsOf(fields["usage"] ?? fields["usageMetadata"]) ?? fields),
  };
}

/** Body of embeddings in OpenAI's form, of what Titan's or Cohere's models answer through Bedrock, or Google's; undefined for any other. */
export function embeddingsIn(body: unknown): Fields | undefined {
  const { data, embedding, embeddings, ...rest } = fieldsOf(body) ?? {};
  if (data !== undefined) return body as Fields;
  const rows = embedding === undefined ? (fieldsOf(embeddings)?.["float"] ?? embeddings) : [embedding];
  if (!Array.isArray(rows)) return undefined;
  return { data: rows.map((row) => (Array.isArray(row) ? row : fieldsOf(row)?.["values"])), usage: usageIn(rest) };
}

/** Parts of an answer, each a text or an object, and why it ended. */
interface Said {
  readonly parts: unknown;
  readonly reason: unknown;
}

function saidIn(fields: Fields): Said | undefined {
  const { candidates, promptFeedback: feedback, output, generation, role, content, stop_reason: reason } = fields;
  if (Array.isArray(output)) return responseIn(output, fields);
  const message = fieldsOf(fieldsOf(output)?.["message"]);
  if (message !== undefined) return { parts: message["content"], reason: fields["stopReason"] };
  if (Array.isArray(candidates) || fieldsOf(feedback) !== undefined) {
    const candidate = fieldsOf(Array.isArray(candidates) ? candidates[0] : undefined);
    const parts = fieldsOf(candidate?.["content"])?.["parts"];
    return { parts, reason: candidate?.["finishReason"] ?? fieldsOf(feedback)?.["blockReason"] };
  }
  if (typeof generation === "string") return { parts: generation, reason };
  return role === "assistant" && content !== undefined ? { parts: content, reason } : undefined;
}

function responseIn(
  output: readonly unknown[],
  { status = "completed", incomplete_details: details }: Fields,
): Said | undefined {
  const isWhole = status === "completed" || status === "incomplete";
  const parts = output.flatMap((item) => (fieldsOf(item)?.["type"] === "message" ? fieldsOf(item)?.["content"] : item));
  return isWhole
    ? { parts, reason: status === "completed" ? "stop" : (fieldsOf(details)?.["reason"] ?? "length") }
    : undefined;
}

/** Call of a tool in a part. */
function callIn(part: unknown): object[] {
  const { type, toolUse, functionCall } = fieldsOf(part) ?? {};
  const isCall = type === "tool_use" || type === "function_call";
  const call = fieldsOf(toolUse ?? functionCall ?? (isCall ? part : undefined)) ?? {};
  const { name, input = call["args"], id = call["toolUseId"], call_id: callId = id } = call;
  if (typeof name !== "string") return [];
  const args = textIn(call["arguments"]) ?? JSON.stringify(input ?? {});
  return [{ ...defined({ id: callId }), type: "function", function: { name, arguments: args } }];
}

/** OpenAI's word for the end of an answer. Those for answers that were held back or given up stay as they are. */
function reasonOf(reason: unknown, calls: boolean): unknown {
  if (isCut(reason)) return "length";
  if (!/^(stop(_sequence)?|end_turn|tool_use)$/i.test(String(reason))) return reason;
  return calls ? "tool_calls" : "stop";
}

/** Tokens, of which each of these APIs has other names. Anthropic's and Bedrock's leave what was cached out of the first count. */
function usageIn(counts: Fields): Fields {
  const sum = (...names: string[]): number => names.reduce((tokens, name) => tokens + (countIn(counts[name]) ?? 0), 0);
  const cached = ["cache_read_input_tokens", "cacheReadInputTokens"];
  const written = ["cache_creation_input_tokens", "cacheWriteInputTokens"];
  const all = ["input_tokens", "inputTokens", "promptTokenCount", "prompt_token_count", "inputTextTokenCount"];
  const answer = ["output_tokens", "outputTokens", "candidatesTokenCount", "generation_token_count"];
  return {
    prompt_tokens: sum(...all, ...cached, ...written),
    prompt_tokens_details: { cached_tokens: sum(...cached, "cachedContentTokenCount") },
    completion_tokens: sum(...answer, "thoughtsTokenCount"),
  };
}
