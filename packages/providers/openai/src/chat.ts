import {
  ANY_INPUT,
  defined,
  type DefinedOptions,
  endIn,
  failureIn,
  fieldsOf,
  filtered,
  gaveUp,
  hasRefusal,
  isCut,
  isFiltered,
  isGivenUp,
  isWordless,
  jsonElsewhere,
  notAnswer,
  notInput,
  type OptionsOf,
  providerError,
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
import { chatIn, deltaIn, firstChoice } from "./chat-events.ts";
import { EitherForm } from "./either-form.ts";
import { DIALECT } from "./errors.ts";
import { Generation, type GenerationOptions, generationOptions, strictFormat } from "./generation.ts";
import { DONE } from "./send.ts";
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

const OWN = {
  /**
   * Name of the parameter that holds `maxTokens`, for servers that ignore the one that they do not know.
   * @default "max_completion_tokens", and "max_tokens" for a server that refuses that before it has taken it
   */
  maxTokensParameter: {
    type: "string",
    enum: ["max_completion_tokens", "max_tokens"],
    description: "what `maxTokens` is called on the wire, for servers that know one name alone (`OpenAIChat`)",
    otherwise: '`"max_completion_tokens"`, and `"max_tokens"` where the server refuses that',
  },
} as const;

/** Options of OpenAIChat. */
export interface OpenAIChatOptions<Output = ChatResult> extends GenerationOptions<Output>, OptionsOf<typeof OWN> {
  readonly body?: Partial<Omit<ChatCompletionCreateParamsNonStreaming, "messages" | "stream">>;
}

/** Options of OpenAIChat, declared. */
export const CHAT: DefinedOptions = /* @__PURE__ */ generationOptions("OpenAIChat", OWN);

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
    const { model, instructions, temperature, maxTokens, maxTokensParameter: parameter, body } = options;
    const format = strictFormat(options, standardResponseFormat);
    const always = parameter && (parameter === "max_tokens" ? "other" : "usual");
    const common = (other = always === "other"): object => {
      const limit = other ? { max_tokens: maxTokens } : { max_completion_tokens: maxTokens };
      return { model, ...defined({ temperature, ...limit, response_format: format }), ...body };
    };
    const system = instructions === undefined ? [] : [{ role: "system", content: instructions }];
    this.#generation = new Generation(options, format, {
      path: "/chat/completions",
      field: "choices",
      common: { ...common(), instructions },
      own: requestOf,
      form: maxTokens === undefined ? undefined : new EitherForm(/max_completion_tokens/, always),
      body: (own, other) => ({ ...common(other), ...own, messages: [...system, ...(own as ChatRequest).messages] }),
      // Where tools are asked for, their calls are calls.
      result: (answer) => resultOf(answer, format && body?.tools === undefined ? jsonElsewhere : undefined),
      answer: chatIn,
      isCut: ({ finishReason }) => isCut(finishReason),
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
    const events: (ChatCompletionChunk | typeof DONE)[] = [];
    let said = "";
    const extra = { stream_options: { include_usage: true } };
    for await (const event of this.#generation.events<ChatCompletionChunk>(input, extra, options)) {
      events.push(event);
      if (event === DONE) continue;
      options.report?.({ usage: usageOf(event.usage) });
      const text = textOf(deltaIn(firstChoice(event.choices))?.["content"]) ?? "";
      said += text;
      if (text !== "") yield text;
    }
    const { text } = resultOf(chatIn(events) as unknown as ChatCompletion);
    // Servers that do not stream send all of it at the end.
    if (text.startsWith(said) && text !== said) yield text.slice(said.length);
  }
}

/** @throws InputError */
function requestOf(input: ChatInput): ChatRequest {
  if (typeof input === "string") return { messages: [{ role: "user", content: input }] };
  const request = Array.isArray(input) ? { messages: input } : (input as ChatRequest | null);
  if (Array.isArray(request?.messages) && request.messages.length > 0) return request;
  throw notInput("a text, an array of messages, or an object with `messages`", input, 0);
}

/** @throws ResultError, or ProviderError where the provider gave up in the middle of the answer */
function resultOf({ choices, model, usage }: ChatCompletion, elsewhere?: typeof jsonElsewhere): ChatResult {
  const choice = (firstChoice(choices) ?? choices?.[0]) as Partial<ChatCompletion.Choice> | undefined;
  const failure = failureIn(choice);
  if (failure !== undefined) throw providerError(failure, DIALECT, ANY_INPUT);
  const { message = messageOf(choice) } = choice ?? {};
  const finishReason = endIn(fieldsOf(choice));
  if (isGivenUp(finishReason)) throw gaveUp(finishReason, DIALECT);
  if (hasRefusal(message)) throw refused();
  if (isFiltered(finishReason)) throw filtered();
  const text = textOf(message?.content) || elsewhere?.(message) || "";
  if (fieldsOf(message) === undefined || (text === "" && isWordless(message, finishReason))) {
    throw notAnswer("a message's content");
  }
  return { text, finishReason: finishReason ?? "stop", message: message!, usage: usageOf(usage), model };
}

/** Some servers answer chats as they do the older completions: with a text in the message's place. */
function messageOf(choice: object | undefined): ChatCompletionMessage | undefined {
  const content = fieldsOf(choice)?.["text"];
  return typeof content === "string" ? { role: "assistant", content, refusal: null } : undefined;
}
