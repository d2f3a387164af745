import { type ChatReply, replyTo } from "../content/chat.ts";
import { isObject, type JsonObject } from "../content/json.ts";
import { piecesOf } from "../content/reply.ts";
import { event } from "../server/events.ts";
import type { Call, Route } from "../server/route.ts";
import { checkContext } from "./check-context.ts";
import { openai } from "./dialect.ts";
import { missing } from "./errors.ts";
import { MIN_OUTPUT_TOKENS } from "./limits.ts";
import { type Conversation, readMessages } from "./read-messages.ts";
import { readModel } from "./models.ts";
import { modelPool, readBody, readInteger, streams, withUsage } from "./request.ts";
import { readFormat } from "./read-format.ts";

/** `POST /v1/responses` */
export const responses: Route = {
  dialect: openai,
  method: "POST",
  path: "/v1/responses",
  limits: ["requests", "tokens"],
  poolName: modelPool,
  async plan(call) {
    const body = readBody(call);
    const model = readModel(call, body);
    const { texts, prompt, promptPosition } = readInput(body["input"]);
    const instructions = typeof body["instructions"] === "string" ? body["instructions"] : null;
    const text = isObject(body["text"]) ? body["text"] : {};
    const format = readFormat(text["format"], "text.format", "");
    const maxTokens = readInteger(body, "max_output_tokens", MIN_OUTPUT_TOKENS, Infinity);
    const read = instructions === null ? texts : [instructions, ...texts];
    const reply = await replyTo(call, { provider: "openai", model, prompt, texts: read, format, maxTokens });
    checkContext(reply.inputTokens, "input");
    const parts = { call, body, model, reply, instructions, format: text["format"] ?? { type: "text" } };
    return {
      inputs: [prompt],
      tokens: reply.inputTokens + reply.outputTokens,
      nameInput: () => (typeof body["input"] === "string" ? "input" : `input[${promptPosition}].content`),
      answer: () => ({ body: streams(call, body) ? stream(parts) : JSON.stringify(finished(parts)) }),
    };
  },
};

interface Parts {
  readonly call: Call;
  readonly body: JsonObject;
  readonly model: string;
  readonly reply: ChatReply;
  readonly instructions: string | null;
  readonly format: unknown;
}

function readInput(input: unknown): Conversation {
  if (input === undefined || input === null) throw missing("input");
  if (typeof input === "string") return { texts: [input], prompt: input, promptPosition: 0 };
  return readMessages(input, "input");
}

interface Message {
  readonly id: string;
  readonly type: string;
  readonly status: string;
  readonly role: string;
  readonly content: readonly [object];
}

/** Events of a stream, which build the response piece by piece. */
function stream(parts: Parts): string[] {
  const { call, reply } = parts;
  const item = `msg_${call.id}`;
  const place = { item_id: item, output_index: 0, content_index: 0 };
  let number = 0;
  const say = (type: string, data: object): string => event({ type, sequence_number: number++, ...data }, type);
  const started = { ...shell(parts), status: "in_progress" };
  const message = messageOf(parts);
  return [
    say("response.created", { response: started }),
    say("response.in_progress", { response: started }),
    say("response.output_item.added", { output_index: 0, item: { ...message, status: "in_progress", content: [] } }),
    say("response.content_part.added", {
      ...place,
      part: { type: "output_text", text: "", annotations: [], logprobs: [] },
    }),
    ...piecesOf(reply.text).map((delta) => say("response.output_text.delta", { ...place, delta, logprobs: [] })),
    say("response.output_text.done", { ...place, text: reply.text, logprobs: [] }),
    say("response.content_part.done", { ...place, part: message.content[0] }),
    say("response.output_item.done", { output_index: 0, item: message }),
    say(reply.isCut ? "response.incomplete" : "response.completed", { response: finished(parts) }),
  ];
}

function finished(parts: Parts): object {
  const { call, reply } = parts;
  return {
    ...shell(parts),
    status: reply.isCut ? "incomplete" : "completed",
    incomplete_details: reply.isCut ? { reason: "max_output_tokens" } : null,
    output: [messageOf(parts)],
    ...withUsage(call, {
      input_tokens: reply.inputTokens,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: reply.outputTokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: reply.inputTokens + reply.outputTokens,
    }),
  };
}

function messageOf({ call, reply }: Parts): Message {
  return {
    id: `msg_${call.id}`,
    type: "message",
    status: reply.isCut ? "incomplete" : "completed",
    role: "assistant",
    content: [{ type: "output_text", text: reply.text, annotations: [], logprobs: [] }],
  };
}

/** Fields of a response without its answer. */
function shell({ call, body, model, instructions, format }: Parts): object {
  return {
    id: `resp_${call.id}`,
    object: "response",
    created_at: 1_767_225_600,
    error: null,
    incomplete_details: null,
    instructions,
    max_output_tokens: body["max_output_tokens"] ?? null,
    metadata: body["metadata"] ?? {},
    model,
    output: [],
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    store: body["store"] ?? true,
    temperature: body["temperature"] ?? 1,
    text: { format },
    tool_choice: "auto",
    tools: [],
    top_p: body["top_p"] ?? 1,
    truncation: "disabled",
    usage: null,
  };
}
