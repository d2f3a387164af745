import {
  countIn,
  cutShort,
  defined,
  type DefinedOptions,
  defineOptions,
  fieldsOf,
  filtered,
  formatOf,
  gaveUp,
  GENERATION,
  type GenerationOptions,
  isFiltered,
  isGivenUp,
  type JobKind,
  jsonSchemaOf,
  notAnswer,
  notInput,
  type Option,
  type OptionsOf,
  readStructured,
  STRUCTURED,
  type StructuredOptions,
  textOf,
  utf8Length,
} from "@batchwise/adapter-kit";
import { type CallOptions, type JobBackend, Runnable, type RunnableSettings, type Usage } from "@batchwise/core";
import { type Cohere, CohereClientV2 } from "cohere-ai";
import { type CohereClientLike, connect } from "./client.ts";
import { brokenOff, DIALECT } from "./errors.ts";
import { type CohereOptions, JOB_MODEL, modelOption, settingsOf, sharedOptions } from "./options.ts";
import { takenSchema } from "./schema.ts";
import { send, stream } from "./send.ts";
import { usageIn } from "./usage.ts";

/** A user's message; a whole conversation; or a request of its own, with whatever else the API takes. */
export type ChatInput = string | readonly Cohere.ChatMessageV2[] | ChatRequest;

/** One request: its messages, and parameters as the SDK spells them, which win over the Runnable's options. */
export interface ChatRequest extends Partial<Omit<Cohere.V2ChatRequest, "messages">> {
  readonly messages: Cohere.ChatMessageV2[];
}

/** An answer of a chat model. */
export interface ChatResult {
  /** Text of the answer; "" where it only calls tools. */
  readonly text: string;
  /** "COMPLETE", "STOP_SEQUENCE"; "MAX_TOKENS" where the answer was cut at its longest; "TOOL_CALL" where the model wants tools to be called. */
  readonly finishReason: string;
  /** The whole message, tool calls, citations and thoughts included. */
  readonly message: Cohere.AssistantMessageResponse;
  readonly usage: Usage | undefined;
}

const OWN = {
  /** Further parameters of every request, as the SDK spells them. They win over the options above. */
  body: { type: "object", description: "whatever else the API takes, as the SDK spells it" } as Option<
    Partial<Omit<Cohere.V2ChatRequest, "messages">>
  >,
} as const;

/** Options of CohereChat. */
export interface CohereChatOptions<Output = ChatResult>
  extends
    OptionsOf<typeof OWN>,
    OptionsOf<typeof JOB_MODEL>,
    GenerationOptions,
    StructuredOptions<Output>,
    CohereOptions {}

/** Options of CohereChat, declared. */
export const CHAT: DefinedOptions = /* @__PURE__ */ defineOptions(
  "CohereChat",
  modelOption("command-a-03-2025"),
  sharedOptions("chat"),
  OWN,
  GENERATION,
  STRUCTURED,
  JOB_MODEL,
);

/**
 * Answers prompts with a chat model of Cohere's, one request each. The output is a `ChatResult`; with `schema` it is the
 * schema's output. Tell the model to answer in JSON then, too: Cohere's models can go on forever otherwise.
 *
 * @example
 * const chat = new CohereChat({ model: "command-r7b-12-2024", instructions: "Answer in one word." });
 * const [answer] = await chat.batch(["The capital of Norway?"]); // answer.text: "Oslo"
 */
export class CohereChat<Output = ChatResult> extends Runnable<ChatInput, Output> {
  override readonly settings: RunnableSettings<ChatInput, Output>;
  readonly #client: CohereClientLike;
  readonly #options: CohereChatOptions<Output>;
  readonly #common: Omit<Cohere.V2ChatRequest, "messages">;

  /** @throws ArgumentError for an option that cannot be worked with. */
  constructor(options: CohereChatOptions<Output>) {
    super();
    CHAT.check(options);
    const { model, instructions, temperature, maxTokens, body } = options;
    const responseFormat = formatOf(options, (schema, own): Cohere.ResponseFormatV2 => ({
      type: "json_object",
      jsonSchema: { ...(own ?? takenSchema(jsonSchemaOf(schema))) },
    }));
    const { client, owner } = connect<CohereClientLike>(options, CohereClientV2);
    this.#client = client;
    this.#options = options;
    this.#common = { ...defined({ model, temperature, maxTokens, responseFormat }), ...body };
    const always = bytesOf(instructions) + bytesOf(responseFormat);
    this.settings = {
      ...settingsOf("chat", `chat ${model}`, owner, options),
      weigh: (input) => ({
        tokens: always + bytesOf(input),
        outputTokens: countIn(fieldsOf(input)?.["maxTokens"]) ?? maxTokens,
      }),
      jobs: () => this.#jobs(),
    };
  }

  /**
   * @throws InputError for an input that is not a prompt, or that Cohere refuses
   * @throws ResultError when no usable answer comes, or the schema refuses it
   * @throws ProviderError, TimeoutError or the signal's reason
   */
  override async invoke(input: ChatInput, options: CallOptions = {}): Promise<Output> {
    const request = this.#request(input);
    const response = await send(
      (sdkOptions) => this.#client.chat(request, sdkOptions),
      options,
      ({ usage }) => usageIn(usage),
    );
    return this.#read(response);
  }

  /** @throws ResultError when there is no usable answer, or ProviderError where Cohere gave up in the middle of it */
  async #read(response: Cohere.V2ChatResponse): Promise<Output> {
    const result = resultOf(response);
    const { schema } = this.#options;
    if (schema === undefined) return result as Output;
    if (result.finishReason === "MAX_TOKENS") throw cutShort();
    return readStructured(schema, result.text);
  }

  /**
   * The text of one answer as it comes, in pieces. Nothing is tried again, and a schema is sent but not applied.
   * Leaving the loop ends the request.
   *
   * @throws what `invoke` throws, in the middle of the text too
   */
  async *stream(input: ChatInput, options: CallOptions = {}): AsyncGenerator<string, void, undefined> {
    const request = this.#request(input);
    let whole = false;
    for await (const event of stream((sdkOptions) => this.#client.chatStream(request, sdkOptions), options)) {
      if (event.type === "content-delta") {
        const text = event.delta?.message?.content?.text;
        if (typeof text === "string" && text !== "") yield text;
      } else if (event.type === "message-end") {
        options.report?.({ usage: usageIn(event.delta?.usage) });
        checkFinish(event.delta?.finishReason);
        whole = true;
      }
    }
    if (!whole) throw brokenOff();
  }

  async #jobs(): Promise<JobBackend<ChatInput, Output>> {
    const { batchJobs, chatResponseIn, jobModelOf, toWire } = await import("./jobs/index.ts");
    const { model, ...common } = this.#common;
    const kind: JobKind<ChatInput, Output> = {
      common: { ...common, instructions: this.#options.instructions },
      body: ([input]) => toWire({ ...this.#request(input as ChatInput), model: undefined }),
      read: async (answer) => [await this.#read(await chatResponseIn(answer))],
      usage: (answer) => usageIn(fieldsOf(answer)?.["usage"]),
    };
    const job = { type: "batch-chat-v2-input", model: jobModelOf(model, this.#options.jobModel) } as const;
    return batchJobs(this.#client, this.#options, job, kind);
  }

  /** @throws InputError */
  #request(input: ChatInput): Cohere.V2ChatRequest {
    const { messages, ...own } = requestOf(input);
    const { instructions } = this.#options;
    const system: Cohere.ChatMessageV2[] =
      instructions === undefined ? [] : [{ role: "system", content: instructions }];
    return { ...this.#common, ...own, messages: [...system, ...messages] };
  }
}

/** @throws InputError */
function requestOf(input: ChatInput): ChatRequest {
  if (typeof input === "string" && input.trim() !== "") return { messages: [{ role: "user", content: input }] };
  const request = Array.isArray(input) ? { messages: input } : (input as ChatRequest | null);
  if (Array.isArray(request?.messages) && request.messages.length > 0) return request;
  throw notInput("a text that is not blank, an array of messages, or an object with `messages`", input);
}

/** @throws ResultError for an answer that is none, or ProviderError where Cohere gave up in the middle of it */
function resultOf(response: Cohere.V2ChatResponse): ChatResult {
  const { message, finishReason, usage } = response as Partial<Cohere.V2ChatResponse>;
  checkFinish(finishReason);
  const text = textOf(message?.content);
  // A message without text is one that calls tools, or one that has been cut before its first word.
  if (text === undefined && (message?.toolCalls ?? []).length === 0 && finishReason !== "MAX_TOKENS") {
    throw notAnswer("a message");
  }
  return {
    text: text ?? "",
    finishReason: finishReason ?? "COMPLETE",
    message: message ?? { role: "assistant" },
    usage: usageIn(usage),
  };
}

/** @throws ProviderError where Cohere gave up in the middle of an answer: it may do better another time; ResultError for one held back */
function checkFinish(finishReason: string | undefined): void {
  if (isGivenUp(finishReason)) throw gaveUp(finishReason, DIALECT);
  if (isFiltered(finishReason)) throw filtered();
}

/** The bytes of it all bound its tokens from above. What can't be written down fails in `invoke`; it must not fail here. */
function bytesOf(value: unknown): number {
  try {
    return utf8Length(typeof value === "string" ? value : JSON.stringify(value));
  } catch {
    return 0;
  }
}
