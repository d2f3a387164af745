import {
  defined,
  type DefinedOptions,
  fieldsOf,
  filtered,
  networkError,
  notAnswer,
  notInput,
  refused,
  textOf,
} from "@batchwise/adapter-kit";
import { type CallOptions, Runnable, type RunnableSettings, type Usage } from "@batchwise/core";
import { standardResponseFormat } from "openai/helpers/standard-schema";
import type {
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionMessage,
  ChatCompletionMessageParam,
} from "openai/resources/chat/completions";
import { DIALECT } from "./errors.ts";
import { Generation, type GenerationOptions, generationOptions, strictFormat } from "./generation.ts";
import { usageOf } from "./usage.ts";

/** A user's message; a whole conversation; or a request of its own, with whatever else the API takes. */
export type ChatInput = string | readonly ChatCompletionMessageParam[] | ChatRequest;

/** One request: its messages, and parameters as the API spells them, which win over the Runnable's options. */
export interface ChatRequest extends Partial<Omit<ChatCompletionCreateParamsNonStreaming, "messages" | "stream">> {
  readonly messages: ChatCompletionMessageParam[];
}

/** An answer of a chat model. */
export interface ChatResult {
  /** Text of the answer; "" where it only calls tools. */
  readonly text: string;
  /** "stop"; "length" where the answer was cut at its longest; "tool_calls" where the model wants tools to be called. */
  readonly finishReason: string;
  /** The whole message, tool calls included. */
  readonly message: ChatCompletionMessage;
  readonly usage: Usage | undefined;
  /** The model that answered, with its version. */
  readonly model: string;
}

/** Options of OpenAIChat. */
export interface OpenAIChatOptions<Output = ChatResult> extends GenerationOptions<Output> {
  readonly body?: Partial<Omit<ChatCompletionCreateParamsNonStreaming, "messages" | "stream">>;
}

/** Options of OpenAIChat, declared. */
export const CHAT: DefinedOptions = /* @__PURE__ */ generationOptions("OpenAIChat");

/**
 * Answers prompts with a chat model, one request each. The output is a `ChatResult`; with `schema` it is the schema's
 * output.
 *
 * @example
 * const chat = new OpenAIChat({ model: "gpt-6-luna", instructions: "Answer in one word." });
 * const [answer] = await chat.batch(["The capital of Norway?"]); // answer.text: "Oslo"
 */
export class OpenAIChat<Output = ChatResult> extends Runnable<ChatInput, Output> {
  override readonly settings: RunnableSettings<ChatInput, Output>;
  readonly #generation: Generation<ChatInput, Output, ChatCompletion, ChatResult>;

  /** @throws ArgumentError for an option that cannot be worked with, or without a key */
  constructor(options: OpenAIChatOptions<Output>) {
    super();
    CHAT.check(options);
    const { model, instructions, temperature, maxTokens, body } = options;
    const format = strictFormat(options, standardResponseFormat);
    const parameters = defined({ temperature, max_completion_tokens: maxTokens, response_format: format });
    const common = { model, ...parameters, ...body };
    const system = instructions === undefined ? [] : [{ role: "system", content: instructions }];
    this.#generation = new Generation(options, format, {
      path: "/chat/completions",
      field: "choices",
      common: { ...common, instructions },
      own: requestOf,
      body: (own) => ({ ...common, ...own, messages: [...system, ...(own as ChatRequest).messages] }),
      result: resultOf,
      isCut: ({ finishReason }) => finishReason === "length",
    });
    this.settings = this.#generation.settings;
  }

  /**
   * @throws InputError for an input that is not a prompt
   * @throws ResultError when the model refuses, the content filter holds the answer back, or the schema refuses it
   * @throws ProviderError, TimeoutError or the signal's reason
   */
  override async invoke(input: ChatInput, options: CallOptions = {}): Promise<Output> {
    return this.#generation.invoke(input, options);
  }

  /**
   * The text of one answer as it comes, in pieces. Nothing is tried again, and a schema is sent but not applied.
   * Leaving the loop ends the request.
   *
   * @throws what `invoke` throws, in the middle of the text too
   */
  async *stream(input: ChatInput, options: CallOptions = {}): AsyncGenerator<string, void, undefined> {
    let finishReason: string | undefined;
    let refusal = false;
    const extra = { stream_options: { include_usage: true } };
    for await (const { choices, usage } of this.#generation.events<ChatCompletionChunk>(input, extra, options)) {
      options.report?.({ usage: usageOf(usage) });
      const choice = choices?.[0];
      finishReason = choice?.finish_reason ?? finishReason;
      refusal ||= Boolean(choice?.delta?.refusal);
      const text = choice?.delta?.content;
      if (typeof text === "string" && text !== "") yield text;
    }
    if (refusal) throw refused();
    if (finishReason === "content_filter") throw filtered();
    if (finishReason === undefined) throw networkError(undefined, DIALECT, { status: 200 });
  }
}

/** @throws InputError */
function requestOf(input: ChatInput): ChatRequest {
  if (typeof input === "string") return { messages: [{ role: "user", content: input }] };
  const request = Array.isArray(input) ? { messages: input } : (input as ChatRequest | null);
  if (Array.isArray(request?.messages) && request.messages.length > 0) return request;
  throw notInput("a text, an array of messages, or an object with `messages`", input, 0);
}

/** @throws ResultError */
function resultOf({ choices, model, usage }: ChatCompletion): ChatResult {
  const { message, finish_reason: finishReason } = (choices as Partial<ChatCompletion.Choice>[] | null)?.[0] ?? {};
  if (fieldsOf(message) === undefined) throw notAnswer("a message");
  // A message without content is one that calls tools, or one that has been cut before its first word.
  if (message?.content === undefined && message?.tool_calls === undefined) throw notAnswer("a message's content");
  if (typeof message.refusal === "string" && message.refusal !== "") throw refused();
  if (finishReason === "content_filter") throw filtered();
  const text = textOf(message.content) ?? "";
  return { text, finishReason: finishReason ?? "stop", message, usage: usageOf(usage), model };
}
