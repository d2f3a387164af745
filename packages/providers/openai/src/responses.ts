import { type CallOptions, Runnable, type RunnableSettings, type Usage } from "@batchwise/core";
import type {
  Response as OpenAIResponse,
  ResponseCreateParamsNonStreaming,
  ResponseInput,
  ResponseOutputItem,
  ResponseStreamEvent,
} from "openai/resources/responses/responses";
import { cutShort, filtered, notAnswer, notPrompt, refused } from "./answers.ts";
import type { Connection } from "./client.ts";
import { errorOf } from "./errors.ts";
import { networkError, refusalIn } from "./failures.ts";
import { generation, type GenerationOptions } from "./generation.ts";
import type { JobKind } from "./jobs/job-kind.ts";
import { definedOnly } from "./options.ts";
import { type Call, post, postForEvents } from "./post.ts";
import { readStructured, textFormatOf } from "./structured.ts";
import { usageOf } from "./usage.ts";

/** A user's message; items of a conversation; or a request of its own, with whatever else the API takes. */
export type ResponsesInput = string | ResponseInput | ResponsesRequest;

/** One request: its input, and parameters as the API spells them, which win over the Runnable's options. */
export interface ResponsesRequest extends Partial<Omit<ResponseCreateParamsNonStreaming, "input" | "stream">> {
  readonly input: string | ResponseInput;
}

/** An answer of a model. */
export interface ResponsesResult {
  /** The provider's id of the answer, for `previous_response_id`. */
  readonly id: string;
  /** What the model said; "" where it only calls tools. */
  readonly text: string;
  /** "completed"; "incomplete" where the answer was cut at its longest. */
  readonly status: string;
  /** Everything that the model put out, tool calls included. */
  readonly output: readonly ResponseOutputItem[];
  readonly usage: Usage | undefined;
  /** The model that answered, with its version. */
  readonly model: string;
}

/** Options of OpenAIResponses. */
export interface OpenAIResponsesOptions<Output = ResponsesResult> extends GenerationOptions<Output> {
  /** Further parameters of every request, as the API spells them. They win over the options above. */
  readonly body?: Partial<Omit<ResponseCreateParamsNonStreaming, "input" | "stream">>;
}

/**
 * Answers prompts through the Responses API, one request each. The output is a `ResponsesResult`; with `schema` it is
 * the schema's output.
 *
 * @example
 * const responses = new OpenAIResponses({ model: "gpt-6-luna", body: { store: false } });
 * const [answer] = await responses.batch(["The capital of Norway?"]); // answer.text: "Oslo"
 */
export class OpenAIResponses<Output = ResponsesResult> extends Runnable<ResponsesInput, Output> {
  override readonly settings: RunnableSettings<ResponsesInput, Output>;
  readonly #connection: Connection;
  readonly #options: OpenAIResponsesOptions<Output>;
  readonly #common: Partial<ResponseCreateParamsNonStreaming>;

  /** @throws ArgumentError for an option that cannot be worked with, or without a key */
  constructor(options: OpenAIResponsesOptions<Output>) {
    super();
    const format = textFormatOf(options);
    const jobKind = (): JobKind<ResponsesInput, Output> => this.#jobKind();
    const made = generation("OpenAIResponses", options, format, outputTokens, jobKind);
    this.#connection = made.connection;
    this.settings = made.settings;
    this.#options = options;
    const { model, instructions, temperature, maxTokens, body } = options;
    this.#common = {
      model,
      ...definedOnly({ instructions, temperature, max_output_tokens: maxTokens }),
      ...body,
      ...(format === undefined ? {} : { text: { format, ...body?.text } }),
    };
  }

  /**
   * @throws InputError for an input that is no prompt
   * @throws ResultError when the model refuses, the content filter holds the answer back, or the schema refuses it
   * @throws ProviderError, TimeoutError or the signal's reason
   */
  override async invoke(input: ResponsesInput, options: CallOptions = {}): Promise<Output> {
    const response = await post<OpenAIResponse>(this.#connection, this.#call(input), "output", options);
    options.report?.(usageOf(response.usage));
    return this.#read(response);
  }

  /** @throws ResultError, or ProviderError where the provider failed in the middle of the answer */
  async #read(response: OpenAIResponse): Promise<Output> {
    const { schema } = this.#options;
    const result = resultOf(response);
    if (schema === undefined) return result as Output;
    if (result.status === "incomplete") throw cutShort();
    return readStructured(schema, result.text);
  }

  /**
   * The text of one answer as it comes, in pieces. Nothing is tried again, and a schema is sent but not applied.
   * Leaving the loop ends the request.
   *
   * @throws what `invoke` throws, in the middle of the text too
   */
  async *stream(input: ResponsesInput, options: CallOptions = {}): AsyncGenerator<string, void, undefined> {
    const call = this.#call(input, { stream: true });
    let ended = false;
    for await (const event of postForEvents<ResponseStreamEvent>(this.#connection, call, options)) {
      if (event.type === "response.output_text.delta") yield event.delta;
      if (!("response" in event) || !ENDS.has(event.type)) continue;
      ended = true;
      options.report?.(usageOf(event.response.usage));
      resultOf(event.response);
    }
    if (!ended) throw networkError(undefined, { status: 200 });
  }

  #jobKind(): JobKind<ResponsesInput, Output, OpenAIResponse> {
    return {
      path: "/responses",
      field: "output",
      common: this.#common,
      call: ([input]) => this.#call(input as ResponsesInput),
      read: async (response) => [await this.#read(response)],
    };
  }

  #call(input: ResponsesInput, extra: object = {}): Call {
    const request = requestOf(input);
    const { text } = this.#common;
    const body = {
      ...this.#common,
      ...request,
      ...(text === undefined ? {} : { text: { ...text, ...request.text } }),
      ...extra,
    };
    const owned = new Set(Object.keys(request));
    return { path: "/responses", body, parts: { owns: (param) => owned.has(/^\w*/.exec(param)![0]) } };
  }
}

const FINISHED: ReadonlySet<string> = new Set(["completed", "incomplete"]);
const ENDS: ReadonlySet<string> = new Set(["response.completed", "response.incomplete", "response.failed"]);

/** @throws InputError */
function requestOf(input: ResponsesInput): ResponsesRequest {
  if (typeof input === "string") return { input };
  const request = Array.isArray(input) ? { input } : (input as ResponsesRequest | null);
  const given = request?.input;
  if (typeof given === "string" || (Array.isArray(given) && given.length > 0)) return request as ResponsesRequest;
  throw notPrompt("a text, an array of input items, or an object with `input`");
}

/** @throws ResultError, or ProviderError where the provider failed in the middle of the answer */
function resultOf(response: OpenAIResponse): ResponsesResult {
  const { usage } = usageOf(response.usage);
  const { id, status = "completed", error, incomplete_details: incomplete, output, model } = response;
  if (typeof error === "object" && error !== null) throw errorOf(refusalIn(error), { owns: () => true });
  if (incomplete?.reason === "content_filter") throw filtered();
  if (!Array.isArray(output) || !FINISHED.has(status) || (status === "completed" && output.length === 0)) {
    throw notAnswer("a finished output");
  }
  let text = "";
  for (const item of output) {
    if (item.type !== "message") continue;
    for (const part of item.content) {
      if (part.type === "refusal") throw refused();
      if (part.type === "output_text") text += part.text;
    }
  }
  return { id, text, status, output, usage, model };
}

function outputTokens(input: ResponsesInput): unknown {
  return ((input ?? {}) as Partial<ResponsesRequest>).max_output_tokens;
}
