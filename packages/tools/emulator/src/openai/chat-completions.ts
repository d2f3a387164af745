import { type ChatReply, replyTo } from "../content/chat.ts";
import { isObject } from "../content/json.ts";
import { piecesOf } from "../content/reply.ts";
import { DONE, event } from "../server/events.ts";
import type { Call, Route } from "../server/route.ts";
import { checkContext } from "./check-context.ts";
import { openai } from "./dialect.ts";
import { MAX_CHOICES } from "./limits.ts";
import { readMessages } from "./read-messages.ts";
import { readModel } from "./models.ts";
import { modelPool, readBody, readInteger, streams, withUsage } from "./request.ts";
import { readFormat } from "./read-format.ts";

/** `POST /v1/chat/completions` */
export const chatCompletions: Route = {
  dialect: openai,
  method: "POST",
  path: "/v1/chat/completions",
  limits: ["requests", "tokens"],
  poolName: modelPool,
  async plan(call) {
    const body = readBody(call);
    const model = readModel(call, body);
    const { texts, prompt, promptPosition } = readMessages(body["messages"], "messages");
    const format = readFormat(body["response_format"], "response_format", "json_schema");
    const maxTokens =
      readInteger(body, "max_completion_tokens", 1, Infinity) ?? readInteger(body, "max_tokens", 1, Infinity);
    const choices = readInteger(body, "n", 1, MAX_CHOICES) ?? 1;
    const reply = await replyTo(call, { provider: "openai", model, prompt, texts, format, maxTokens });
    checkContext(reply.inputTokens, "messages");
    const parts = { call, model, reply, choices };
    return {
      inputs: [prompt],
      tokens: reply.inputTokens + reply.outputTokens * choices,
      nameInput: () => `messages[${promptPosition}].content`,
      answer: () => ({
        body: streams(call, body) ? stream(parts, wantsUsage(body["stream_options"])) : whole(parts),
      }),
    };
  },
};

interface Parts {
  readonly call: Call;
  readonly model: string;
  readonly reply: ChatReply;
  readonly choices: number;
}

function whole(parts: Parts): string {
  const { call, reply, choices } = parts;
  return JSON.stringify({
    ...heading(parts, "chat.completion"),
    choices: Array.from({ length: choices }, (_, index) => ({
      index,
      message: { role: "assistant", content: contentOf(call, reply.text), refusal: null, annotations: [] },
      logprobs: null,
      finish_reason: finishReason(reply),
    })),
    ...withUsage(call, usageOf(parts)),
  });
}

/** Content of a message, as the quirks say. */
function contentOf({ settings }: Call, text: string): unknown {
  if (settings.quirks.content !== "parts") return text;
  const thought = { type: "text", text: "A thought, which is no part of the answer." };
  return [
    { type: "thinking", thinking: [thought] },
    { type: "text", text },
  ];
}

function stream(parts: Parts, usage: boolean): string[] {
  const { call, reply, choices } = parts;
  const head = heading(parts, "chat.completion.chunk");
  const chunk = (delta: object, finish: string | null): string[] =>
    Array.from({ length: choices }, (_, index) =>
      event({
        ...head,
        choices: [{ index, delta, logprobs: null, finish_reason: finish }],
        ...(usage ? { usage: null } : {}),
      }),
    );
  const events = [
    ...chunk({ role: "assistant", content: "", refusal: null }, null),
    ...piecesOf(reply.text).flatMap((content) => chunk({ content }, null)),
    ...chunk({}, finishReason(reply)),
    ...(usage ? [event({ ...head, choices: [], ...withUsage(call, usageOf(parts)) })] : []),
    DONE,
  ];
  return call.settings.quirks.comments === true ? events.map((each) => COMMENT + each) : events;
}

const COMMENT = ": PROCESSING\n\n";

function heading({ call, model }: Parts, object: string): object {
  return { id: `chatcmpl-${call.id}`, object, created: CREATED, model, service_tier: "default" };
}

/** Time of creation, the same in every run. */
const CREATED = 1_767_225_600;

function usageOf({ reply, choices }: Parts): object {
  const completionTokens = reply.outputTokens * choices;
  return {
    prompt_tokens: reply.inputTokens,
    completion_tokens: completionTokens,
    total_tokens: reply.inputTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
  };
}

function finishReason(reply: ChatReply): string {
  return reply.isCut ? "length" : "stop";
}

function wantsUsage(options: unknown): boolean {
  return isObject(options) && options["include_usage"] === true;
}
