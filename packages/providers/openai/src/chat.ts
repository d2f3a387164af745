import { type CallOptions, Runnable, type RunnableSettings, type Usage } from "@batchwise/core";
import type {
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionMessage,
  ChatCompletionMessageParam,
} from "openai/resources/chat/completions";
import { cutShort, filtered, notAnswer, notPrompt, refused } from "./answers.ts";
import type { Connection } from "./client.ts";
import { networkError } from "./failures.ts";
import { generation, type GenerationOptions } from "./generation.ts";
import type { JobKind } from "./jobs/job-kind.ts";
import { definedOnly } from "./options.ts";
import { type Call, post, postForEvents } from "./post.ts";
import { readStructured, responseFormatOf } from "./structured.ts";
import { usageOf } from "./usage.ts";

/** A user's message; a whole conversation; or a request of its own, with whatever else the API takes. */
export type ChatInput = string | readonly ChatCompletionMessageParam[] | ChatRequest;

/** One request: its messages, and parameters as the API spells them, which win over the Runnable's options. */
export interface ChatRequest extends Partial<Omit<ChatCompletionCreateParamsNonStreaming, "messages" | "stream">> {
  readonly messages: ChatCompletionMessageParam[];
}

/** An answer of a chat model. */
export interface ChatResult {
  /** What the model said; "" where it only calls tools. */
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
  /** Further parameters of every request, as the API spells them. They win over the options above. */
  readonly body?: Partial<Omit<ChatCompletionCreateParamsNonStreaming, "messages" | "stream">>;
}

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
  readonly #connection: Connection;
  readonly #options: OpenAIChatOptions<Output>;
  readonly #common: object;

  /** @throws ArgumentError for an option that cannot be worked with, or without a key */
  constructor(options: OpenAIChatOptions<Output>) {
    super();
    const format = responseFormatOf(options);
    const made = generation<ChatInput, Output>("OpenAIChat", options, format, outputTokens, () => this.#jobKind());
    this.#connection = made.connection;
    this.settings = made.settings;
    this.#options = options;
    const { model, temperature, maxTokens, body } = options;
    this.#common = {
      model,
      ...definedOnly({ temperature, max_completion_tokens: maxTokens, response_format: format }),
      ...body,
    };
  }

  /**
   * @throws InputError for an input that is no prompt
   * @throws ResultError when the model refuses, the content filter holds the answer back, or the schema refuses it
   * @throws ProviderError, TimeoutError or the signal's reason
   */
  override async invoke(input: ChatInput, options: CallOptions = {}): Promise<Output> {
    const completion = await post<ChatCompletion>(this.#connection, this.#call(input), "choices", options);
    options.report?.(usageOf(completion.usage));
    return this.#read(completion);
  }

  /** @throws ResultError */
  async #read(completion: ChatCompletion): Promise<Output> {
    const { schema } = this.#options;
    const result = resultOf(completion);
    if (schema === undefined) return result as Output;
    if (result.finishReason === "length") throw cutShort();
    return readStructured(schema, result.text);
  }

  /**
   * The text of one answer as it comes, in pieces. Nothing is tried again, and a schema is sent but not applied.
   * Leaving the loop ends the request.
   *
   * @throws what `invoke` throws, in the middle of the text too
   */
  async *stream(input: ChatInput, options: CallOptions = {}): AsyncGenerator<string, void, undefined> {
    const call = this.#call(input, { stream: true, stream_options: { include_usage: true } });
    let finishReason: string | undefined;
    let refusal = false;
    for await (const { choices, usage } of postForEvents<ChatCompletionChunk>(this.#connection, call, options)) {
      options.report?.(usageOf(usage));
      const choice = choices?.[0];
      finishReason = choice?.finish_reason ?? finishReason;
      refusal ||= Boolean(choice?.delta?.refusal);
      const text = choice?.delta?.content;
      if (typeof text === "string" && text !== "") yield text;
    }
    if (refusal) throw refused();
    if (finishReason === "content_filter") throw filtered();
    if (finishReason === undefined) throw networkError(undefined, { status: 200 });
  }

  #jobKind(): JobKind<ChatInput, Output, ChatCompletion> {
    return {
      path: "/chat/completions",
      field: "choices",
      common: { ...this.#common, instructions: this.#options.instructions },
      call: ([input]) => this.#call(input as ChatInput),
      read: async (completion) => [await this.#read(completion)],
    };
  }

  #call(input: ChatInput, extra: object = {}): Call {
    const { messages, ...own } = requestOf(input);
    const { instructions } = this.#options;
    const system = instructions === undefined ? [] : [{ role: "system", content: instructions }];
    const body = { ...this.#common, ...own, messages: [...system, ...messages], ...extra };
    const owned = new Set(["messages", ...Object.keys(own)]);
    return {
      path: "/chat/completions",
      body,
      parts: { owns: (param) => owned.has(/^\w*/.exec(param)![0]) },
    };
  }
}

/** @throws InputError */
function requestOf(input: ChatInput): ChatRequest {
  if (typeof input === "string") return { messages: [{ role: "user", content: input }] };
  const request = Array.isArray(input) ? { messages: input } : (input as ChatRequest | null);
  if (Array.isArray(request?.messages) && request.messages.length > 0) return request;
  throw notPrompt("a text, an array of messages, or an object with `messages`");
}

/** @throws ResultError */
function resultOf({ choices, model, usage: told }: ChatCompletion): ChatResult {
  const { usage } = usageOf(told);
  const { message, finish_reason: finishReason } = (choices as Partial<ChatCompletion.Choice>[] | null)?.[0] ?? {};
  if (typeof message !== "object" || message === null) throw notAnswer("a message");
  // A message without content is one that calls tools, or one that has been cut before its first word.
  if (message.content === undefined && message.tool_calls === undefined) throw notAnswer("a message's content");
  if (typeof message.refusal === "string" && message.refusal !== "") throw refused();
  if (finishReason === "content_filter") throw filtered();
  return { text: message.content ?? "", finishReason: finishReason ?? "stop", message, usage, model };
}

function outputTokens(input: ChatInput): unknown {
  const { max_completion_tokens: most, max_tokens: old } = (input ?? {}) as Partial<ChatRequest>;
  return most ?? old;
}
