import {
  ANY_INPUT,
  defined,
  type DefinedOptions,
  failureIn,
  type Fields,
  fieldsOf,
  filtered,
  gaveUp,
  hasRefusal,
  isFiltered,
  isGivenUp,
  networkError,
  notAnswer,
  notInput,
  providerError,
  refused,
  textOf,
} from "@batchwise/adapter-kit";
import { type CallOptions, Runnable, type RunnableSettings, type Usage } from "@batchwise/core";
import { standardTextFormat } from "openai/helpers/standard-schema";
import type {
  Response as OpenAIResponse,
  ResponseCreateParamsNonStreaming,
  ResponseInput,
  ResponseOutputItem,
  ResponseStreamEvent,
} from "openai/resources/responses/responses";
import { DIALECT } from "./errors.ts";
import { Generation, type GenerationOptions, generationOptions, strictFormat } from "./generation.ts";
import { DONE } from "./send.ts";
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
  /** Text of the answer; "" where it only calls tools. */
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
  readonly body?: Partial<Omit<ResponseCreateParamsNonStreaming, "input" | "stream">>;
}

/** Options of OpenAIResponses, declared. */
export const RESPONSES: DefinedOptions = /* @__PURE__ */ generationOptions("OpenAIResponses");

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
  readonly #generation: Generation<ResponsesInput, Output, OpenAIResponse, ResponsesResult>;

  /** @throws ArgumentError for an option that cannot be worked with, or without a key */
  constructor(options: OpenAIResponsesOptions<Output>) {
    super();
    RESPONSES.check(options);
    const { model, instructions, temperature, maxTokens, body } = options;
    const format = strictFormat(options, standardTextFormat);
    const common: Partial<ResponseCreateParamsNonStreaming> = {
      model,
      ...defined({ instructions, temperature, max_output_tokens: maxTokens }),
      ...body,
      ...(format === undefined ? {} : { text: { format, ...body?.text } }),
    };
    this.#generation = new Generation(options, format, {
      path: "/responses",
      field: "output",
      common,
      own: requestOf,
      body: (own) => ({
        ...common,
        ...own,
        ...(common.text === undefined ? {} : { text: { ...common.text, ...(own as ResponsesRequest).text } }),
      }),
      result: resultOf,
      answer: answerOf,
      texts: ({ output }) => contentsIn(output).map((content) => textOf(content) ?? ""),
      isCut: ({ status }) => status === "incomplete",
    });
    this.settings = this.#generation.settings;
  }

  /**
   * @throws InputError for an input that is not a prompt
   * @throws ResultError when the model refuses, the content filter holds the answer back, or the schema refuses it
   * @throws ProviderError, TimeoutError or the signal's reason
   */
  override async invoke(input: ResponsesInput, options: CallOptions = {}): Promise<Output> {
    return this.#generation.invoke(input, options);
  }

  /**
   * The text of one answer as it comes, in pieces. Nothing is tried again, and a schema is sent but not applied.
   * Leaving the loop ends the request.
   *
   * @throws what `invoke` throws, in the middle of the text too
   */
  async *stream(input: ResponsesInput, options: CallOptions = {}): AsyncGenerator<string, void, undefined> {
    const events: (ResponseStreamEvent | typeof DONE)[] = [];
    let said = "";
    for await (const event of this.#generation.events<ResponseStreamEvent>(input, {}, options)) {
      events.push(event);
      if (event === DONE) continue;
      if (event.type === "response.output_text.delta") {
        said += event.delta;
        yield event.delta;
      }
      if (endIn(event) === undefined) continue;
      const response = answerOf(events) as OpenAIResponse;
      options.report?.({ usage: usageOf(response.usage) });
      const { text } = resultOf(response);
      // Servers that do not stream send all of it at the end.
      if (text.startsWith(said) && text !== said) yield text.slice(said.length);
      said = text;
    }
    answerOf(events);
  }
}

const FINISHED: ReadonlySet<string> = new Set(["completed", "incomplete"]);
const ENDS: ReadonlySet<unknown> = new Set(["response.completed", "response.incomplete", "response.failed"]);

/** The response with which an event ends an answer: of a server that does not stream, all that it sends. */
function endIn(event: object | typeof DONE): Fields | undefined {
  const { type, response, output } = fieldsOf(event) ?? {};
  if (type === undefined && output !== undefined) return fieldsOf(event);
  return ENDS.has(type) ? fieldsOf(response) : undefined;
}

/** The response in events; where it lacks its output, with the items of the events before. @throws ProviderError for events that broke off */
function answerOf(events: readonly (object | typeof DONE)[]): unknown {
  const response = events.map(endIn).findLast((each) => each !== undefined);
  if (response === undefined) throw networkError(undefined, DIALECT, { status: 200 });
  const items: unknown[] = [];
  for (const event of events) {
    const { type, item, output_index: place = items.length } = fieldsOf(event) ?? {};
    if (type === "response.output_item.done") items[place as number] = item;
  }
  const { output } = response;
  const isWhole = items.length === 0 || (Array.isArray(output) && output.length > 0);
  return isWhole ? response : { ...response, output: Object.values(items) };
}

/** @throws InputError */
function requestOf(input: ResponsesInput): ResponsesRequest {
  if (typeof input === "string") return { input };
  const request = Array.isArray(input) ? { input } : (input as ResponsesRequest | null);
  const given = request?.input;
  if (typeof given === "string" || (Array.isArray(given) && given.length > 0)) return request as ResponsesRequest;
  throw notInput("a text, an array of input items, or an object with `input`", input, 0);
}

/** @throws ResultError, or ProviderError where the provider failed in the middle of the answer */
function resultOf(response: OpenAIResponse): ResponsesResult {
  const { id, error, incomplete_details: incomplete, output, model } = response;
  const status = response.status ?? "completed";
  const failure = failureIn({ error });
  if (failure !== undefined) throw providerError(failure, DIALECT, ANY_INPUT);
  const reason: unknown = incomplete?.reason;
  if (isGivenUp(reason)) throw gaveUp(reason, DIALECT);
  if (isFiltered(reason)) throw filtered();
  if (!Array.isArray(output) || !FINISHED.has(status) || (status === "completed" && output.length === 0)) {
    throw notAnswer("a finished output");
  }
  const types = output.map((item: unknown) => fieldsOf(item)?.["type"]);
  if (contentsIn(output).some((content) => hasRefusal({ content }))) throw refused();
  const texts = contentsIn(output).map(textOf);
  // The model has thought, and neither said nor called anything.
  const isOther = types.some((type) => type !== undefined && type !== "reasoning" && type !== "message");
  if (status === "completed" && !isOther && texts.every((text) => text === undefined))
    throw notAnswer("a message's content");
  return { id, text: texts.join(""), status, output, usage: usageOf(response.usage), model };
}

/** Contents of the messages in an output, of the last phase where there are several: lists of parts, or what other servers put there. */
function contentsIn(output: readonly unknown[]): unknown[] {
  const messages = output.map((item) => fieldsOf(item) ?? {}).filter(({ type = "message" }) => type === "message");
  // What a model says of its work is not its answer.
  const finals = messages.filter(({ phase }) => phase === "final_answer");
  return (finals.length > 0 ? finals : messages).map(({ content }) => content);
}
