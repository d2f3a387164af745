import {
  ANY_INPUT,
  defined,
  type DefinedOptions,
  failureIn,
  fieldsOf,
  filtered,
  gaveUp,
  isCut,
  isFiltered,
  isGivenUp,
  isWordless,
  jsonElsewhere,
  networkError,
  notAnswer,
  notInput,
  type OptionsOf,
  providerError,
  refused,
  textIn,
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
      answer: answerOf,
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
    let finishReason: string | undefined;
    let refusal = false;
    let done = false;
    const extra = { stream_options: { include_usage: true } };
    for await (const event of this.#generation.events<ChatCompletionChunk>(input, extra, options)) {
      if (event === DONE) {
        done = true;
        continue;
      }
      const { choices, usage } = event;
      options.report?.({ usage: usageOf(usage) });
      const choice = choices?.[0];
      finishReason = choice?.finish_reason || finishReason;
      refusal ||= Boolean(choice?.delta?.refusal);
      const text = textIn(textOf(choice?.delta?.content));
      if (text !== undefined) yield text;
    }
    checkEnd(finishReason, refusal);
    if (finishReason === undefined && !done) throw networkError(undefined, DIALECT, { status: 200 });
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
  const choice = (choices as Partial<ChatCompletion.Choice>[] | null)?.[0];
  const failure = failureIn(choice);
  if (failure !== undefined) throw providerError(failure, DIALECT, ANY_INPUT);
  const { message = messageOf(choice), finish_reason: finishReason } = choice ?? {};
  checkEnd(finishReason, textIn(message?.refusal) !== undefined);
  const text = textOf(message?.content) || elsewhere?.(message) || "";
  if (fieldsOf(message) === undefined || (text === "" && isWordless(message, finishReason))) {
    throw notAnswer("a message's content");
  }
  return { text, finishReason: finishReason || "stop", message: message!, usage: usageOf(usage), model };
}

/** Some servers answer chats as they do the older completions: with a text in the message's place. */
function messageOf(choice: object | undefined): ChatCompletionMessage | undefined {
  const content = fieldsOf(choice)?.["text"];
  return typeof content === "string" ? { role: "assistant", content, refusal: null } : undefined;
}

/** @throws ResultError, or ProviderError where the provider gave up in the middle of the answer */
function checkEnd(finishReason: string | undefined, refusal: boolean): void {
  if (isGivenUp(finishReason)) throw gaveUp(finishReason, DIALECT);
  if (refusal) throw refused();
  if (isFiltered(finishReason)) throw filtered();
}

/** @throws ProviderError for events that broke off */
function answerOf(events: readonly (object | typeof DONE)[]): unknown {
  const chunks = events.filter((event) => event !== DONE) as Partial<ChatCompletionChunk>[];
  const choices = chunks.flatMap((chunk) => chunk.choices?.filter(({ index }) => !index) ?? []);
  const finishReason = choices.map((choice) => choice.finish_reason).findLast(Boolean);
  if (finishReason === undefined && chunks.length === events.length) {
    throw networkError(undefined, DIALECT, { status: 200 });
  }
  // A gateway that only pretends to stream sends the whole message in one event.
  const deltas = choices.map(({ delta, ...rest }) => delta ?? (rest as { message?: typeof delta }).message);
  const refusal = deltas.map((delta) => delta?.refusal ?? "").join("");
  const message = {
    role: "assistant",
    content: textOf(deltas.flatMap((delta) => delta?.content ?? [])) ?? null,
    refusal: textIn(refusal) ?? null,
    tool_calls: callsIn(deltas),
  };
  const usage = chunks.findLast((chunk) => fieldsOf(chunk.usage) !== undefined)?.usage;
  return { ...chunks[0], choices: [{ index: 0, finish_reason: finishReason ?? "stop", message }], usage };
}

/** Tool calls, whose arguments arrive in pieces. */
function callsIn(deltas: readonly (ChatCompletionChunk.Choice.Delta | undefined)[]): object[] | undefined {
  const calls = new Map<number, { id?: string; type?: string; function: { name: string; arguments: string } }>();
  for (const piece of deltas.flatMap((delta) => delta?.tool_calls ?? [])) {
    const call = calls.get(piece.index) ?? { type: "function", function: { name: "", arguments: "" } };
    if (piece.id !== undefined) call.id = piece.id;
    call.function.name += piece.function?.name ?? "";
    call.function.arguments += piece.function?.arguments ?? "";
    calls.set(piece.index, call);
  }
  return calls.size === 0 ? undefined : [...calls.values()];
}
