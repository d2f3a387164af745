import { type ChatReply, type ChatRequest, replyTo, textOf } from "../content/chat.ts";
import { isObject } from "../content/json.ts";
import { piecesOf } from "../content/reply.ts";
import { DONE, event } from "../server/events.ts";
import type { Call, Route } from "../server/route.ts";
import { cohere } from "./dialect.ts";
import { invalid, requestId } from "./errors.ts";
import { readBody, readCount, readModel } from "./request.ts";

const ROLES: ReadonlySet<unknown> = new Set(["system", "user", "assistant", "tool"]);

/** `POST /v2/chat` */
export const chat: Route = {
  dialect: cohere,
  method: "POST",
  path: "/v2/chat",
  limits: ["requests"],
  poolName: () => "chat",
  async plan(call) {
    const body = readBody(call);
    const model = readModel(call, body);
    const { texts, prompt } = readMessages(call, body["messages"]);
    const format = readFormat(call, body["response_format"]);
    const maxTokens = readCount(call, body["max_tokens"], "max_tokens");
    const reply = await replyTo(call, { provider: "cohere", model, prompt, texts, format, maxTokens });
    return {
      inputs: [prompt],
      tokens: reply.inputTokens + reply.outputTokens,
      nameInput: () => "messages",
      answer: () => ({
        body: body["stream"] === true ? stream(call, reply) : JSON.stringify(whole(call, reply)),
        headers: { num_tokens: String(reply.inputTokens), num_chars: String(prompt.length) },
      }),
    };
  },
};

function whole(call: Call, reply: ChatReply): object {
  return {
    id: requestId(call.id),
    message: { role: "assistant", content: [{ type: "text", text: reply.text }] },
    ...ending(call, reply),
  };
}

function stream(call: Call, reply: ChatReply): string[] {
  return [
    say("message-start", {
      id: requestId(call.id),
      delta: { message: { role: "assistant", content: [], tool_plan: "", tool_calls: [], citations: [] } },
    }),
    say("content-start", { index: 0, delta: { message: { content: { type: "text", text: "" } } } }),
    ...piecesOf(reply.text).map((text) =>
      say("content-delta", { index: 0, delta: { message: { content: { text } } } }),
    ),
    say("content-end", { index: 0 }),
    say("message-end", { delta: ending(call, reply) }),
    DONE,
  ];
}

function say(type: string, data: object): string {
  return event({ type, ...data }, type);
}

function ending(call: Call, reply: ChatReply): object {
  const quirk = call.settings.quirks.usage;
  const zero = quirk === "zero";
  const tokens = { input_tokens: zero ? 0 : reply.inputTokens, output_tokens: zero ? 0 : reply.outputTokens };
  const usage = quirk === "null" ? null : { billed_units: tokens, tokens };
  return { finish_reason: reply.isCut ? "MAX_TOKENS" : "COMPLETE", ...(quirk === "missing" ? {} : { usage }) };
}

function readMessages(call: Call, value: unknown): { texts: readonly string[]; prompt: string } {
  if (!Array.isArray(value) || value.length === 0) throw invalid("messages must be a list that is not empty", call.id);
  let prompt = "";
  const texts = value.map((message: unknown, position) => {
    const { role, content } = isObject(message) ? message : {};
    if (!ROLES.has(role)) throw invalid(`messages[${position}].role must be one of ${[...ROLES].join(", ")}`, call.id);
    const text = textOf(content) ?? (role === "assistant" || role === "tool" ? JSON.stringify(message) : undefined);
    if (text === undefined) throw invalid(`messages[${position}].content must be a string or a list`, call.id);
    if (role === "user") prompt = text;
    return text;
  });
  return { texts, prompt };
}

function readFormat(call: Call, value: unknown): ChatRequest["format"] {
  if (value === undefined || value === null) return { kind: "text" };
  const { type, json_schema: schema } = isObject(value) ? value : {};
  if (type === "text") return { kind: "text" };
  if (type !== "json_object") throw invalid("response_format.type must be one of text, json_object", call.id);
  return schema === undefined || schema === null ? { kind: "object" } : { kind: "schema", schema };
}
