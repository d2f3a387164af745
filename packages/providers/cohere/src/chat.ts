import { type CallOptions, type JobBackend, Runnable, type RunnableSettings, toError } from "@batchwise/core";
import { CohereClientV2, type Cohere } from "cohere-ai";
import { answerIn, type ChatResult, checkFinish, cutShort, notPrompt } from "./answers.ts";
import { utf8Length } from "./bytes.ts";
import { type CohereClientLike, connect } from "./client.ts";
import { brokenOff } from "./errors.ts";
import type { JobKind } from "./jobs/job-kind.ts";
import { check, checkJobModel, checkModel, checkNames, type CohereOptions, defined, isWhole } from "./options.ts";
import { send, stream } from "./send.ts";
import { commonSettings } from "./settings.ts";
import { formatOf, readStructured, type StructuredOptions } from "./structured.ts";
import { usageIn } from "./usage.ts";

/** A user's message; a whole conversation; or a request of its own, with whatever else the API takes. */
export type ChatInput = string | readonly Cohere.ChatMessageV2[] | ChatRequest;

/** One request: its messages, and parameters as the SDK spells them, which win over the Runnable's options. */
export interface ChatRequest extends Partial<Omit<Cohere.V2ChatRequest, "messages">> {
  readonly messages: Cohere.ChatMessageV2[];
}

/** Options of CohereChat. */
export interface CohereChatOptions<Output = ChatResult> extends CohereOptions, StructuredOptions<Output> {
  /** What the model is told before every input. */
  readonly instructions?: string;
  /** From 0 up. @default the model's own */
  readonly temperature?: number;
  /** The most tokens of an answer. @default the model's own */
  readonly maxTokens?: number;
  /** Further parameters of every request, as the SDK spells them. They win over the options above. */
  readonly body?: Partial<Omit<Cohere.V2ChatRequest, "messages">>;
  /** What offline jobs call the model. @default `model` */
  readonly jobModel?: string;
}

/**
 * Answers prompts with a chat model of Cohere's, one request each. The output is a `ChatResult`; with `schema` it is the
 * schema's output.
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
    const { model, instructions, temperature, maxTokens, body } = options;
    checkNames("CohereChat", options, OWN_OPTIONS);
    checkModel(model, "command-a-03-2025");
    checkJobModel(options.jobModel);
    check("instructions", instructions, (value) => typeof value === "string" && value !== "", "a text");
    check("temperature", temperature, (value) => typeof value === "number" && value >= 0, "a number from 0");
    check("maxTokens", maxTokens, (value) => isWhole(value, 1), "a whole number from 1");
    check("body", body, (value) => typeof value === "object" && value !== null, "an object");
    const responseFormat = formatOf(options);
    const { client, owner } = connect<CohereClientLike>(options, CohereClientV2);
    this.#client = client;
    this.#options = options;
    this.#common = { ...defined({ model, temperature, maxTokens, responseFormat }), ...body };
    const always = bytesOf(instructions) + bytesOf(responseFormat);
    this.settings = {
      ...commonSettings("chat", `chat ${model}`, owner, options),
      weigh: (input) => ({ tokens: always + bytesOf(input) + outputTokens(input, maxTokens) }),
      jobs: () => this.#jobs(),
    };
  }

  /**
   * @throws InputError for an input that is no prompt, or that Cohere refuses
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

  /** @throws ResultError when no usable answer came, or ProviderError where Cohere gave up in the middle of it */
  async #read(response: Cohere.V2ChatResponse): Promise<Output> {
    const result = answerIn(response);
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
        const usage = usageIn(event.delta?.usage);
        if (usage !== undefined) options.report?.({ usage });
        checkFinish(event.delta?.finishReason);
        whole = true;
      }
    }
    if (!whole) throw brokenOff();
  }

  async #jobs(): Promise<JobBackend<ChatInput, Output>> {
    const { batchJobs, chatResponseIn, jobConnection, jobModelOf, toWire } = await import("./jobs/index.ts");
    const { model, ...common } = this.#common;
    const kind: JobKind<ChatInput, Output> = {
      type: "batch-chat-v2-input",
      model: jobModelOf(model, this.#options.jobModel),
      common: { ...common, instructions: this.#options.instructions },
      body: ([input]) => toWire({ ...this.#request(input as ChatInput), model: undefined }),
      read: async (body) => {
        const response = await chatResponseIn(body);
        return { outputs: [await this.#read(response).catch(toError)], usage: usageIn(response.usage) };
      },
    };
    return batchJobs(jobConnection(this.#client, this.#options), kind);
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

const OWN_OPTIONS: readonly (keyof CohereChatOptions)[] = [
  "schema",
  "jsonSchema",
  "instructions",
  "temperature",
  "maxTokens",
  "body",
  "jobModel",
];

/** @throws InputError */
function requestOf(input: ChatInput): ChatRequest {
  if (typeof input === "string" && input.trim() !== "") return { messages: [{ role: "user", content: input }] };
  const request = Array.isArray(input) ? { messages: input } : (input as ChatRequest | null);
  if (Array.isArray(request?.messages) && request.messages.length > 0) return request;
  throw notPrompt();
}

/** The bytes of it all bound its tokens from above. What can't be written down fails in `invoke`; it must not fail here. */
function bytesOf(value: unknown): number {
  try {
    return utf8Length(typeof value === "string" ? value : JSON.stringify(value));
  } catch {
    return 0;
  }
}

function outputTokens(input: ChatInput, usual: number | undefined): number {
  const { maxTokens } = (input ?? {}) as Partial<ChatRequest>;
  return typeof maxTokens === "number" ? maxTokens : (usual ?? 0);
}
