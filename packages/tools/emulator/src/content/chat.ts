import type { Call } from "../server/route.ts";
import { valueFor } from "./json-from-schema.ts";
import { isObject } from "./json.ts";
import { echo, type ReplyRequest } from "./reply.ts";

/** Request to a chat endpoint, in terms that all of them share. */
export interface ChatRequest extends ReplyRequest {
  /** All texts that the model reads, the user's included. */
  readonly texts: readonly string[];
  /** Form of the answer: JSON that fits a schema, any JSON object, or text. */
  readonly format: { readonly kind: "schema"; readonly schema: unknown } | { readonly kind: "object" | "text" };
  /** The answer is cut off at this many tokens. */
  readonly maxTokens: number | undefined;
}

/** Answer of a chat model. */
export interface ChatReply {
  readonly text: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** True when `maxTokens` cut it off. */
  readonly isCut: boolean;
}

/** Tokens that a message costs besides its text. */
const MESSAGE_TOKENS = 4;

/** Answer of the model and its cost, known before the request is admitted. */
export async function replyTo(call: Call, request: ChatRequest): Promise<ChatReply> {
  const whole = replyText(call, request);
  const counts = await call.tokens.count([...request.texts, whole], "o200k_base", call.pace);
  const outputTokens = counts.pop() as number;
  const inputTokens = counts.reduce((sum, count) => sum + count + MESSAGE_TOKENS, 0);
  const { maxTokens = Infinity } = request;
  if (outputTokens <= maxTokens) return { text: whole, inputTokens, outputTokens, isCut: false };
  const text = whole.slice(0, Math.floor((whole.length * maxTokens) / outputTokens));
  return { text, inputTokens, outputTokens: maxTokens, isCut: true };
}

function replyText(call: Call, request: ChatRequest): string {
  const { provider, model, prompt, format } = request;
  if (format.kind === "text") return (call.settings.reply ?? echo)({ provider, model, prompt });
  const json = JSON.stringify(format.kind === "schema" ? valueFor(format.schema, prompt) : { answer: prompt });
  return AROUND_JSON[call.settings.quirks.json ?? "plain"](json);
}

const AROUND_JSON = {
  plain: (json: string) => json,
  fence: (json: string) => `\`\`\`json\n${json}\n\`\`\``,
  openFence: (json: string) => `\`\`\`json\n${json}`,
  think: (json: string) => `<think>\nThe answer must be JSON.\n</think>\n\n${json}`,
};

/** Text of one part; none for an image. */
export function partText(part: unknown): string {
  return isObject(part) && typeof part["text"] === "string" ? part["text"] : "";
}

/** Text of a message's content: a string, or parts of which only texts count. */
export function textOf(content: unknown): string | undefined {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return undefined;
  return content.map(partText).join("\n");
}
