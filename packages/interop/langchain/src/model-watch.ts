import {
  type Fields,
  fieldsOf,
  isFiltered,
  isGivenUp,
  jsonElsewhere,
  jsonTextsIn,
  parseJson,
  usageFrom,
} from "@batchwise/adapter-kit";
import type { Usage } from "@batchwise/core";
import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import type { LLMResult } from "@langchain/core/outputs";

/** Watches the language models of one call, however deep they are in it. */
export class ModelWatch extends BaseCallbackHandler {
  readonly name = "batchwise_watch";
  /** Else it would be called after the call is over. */
  override awaitHandlers = true;
  /** Undefined as long as no model has reported what it used. */
  usage: { inputTokens: number; outputTokens: number } | undefined;
  /** Reason for which a model gave up its answer; "none" where there is no answer at all. */
  givenUp: string | undefined;
  /** True where a filter held an answer back: what follows the model in a chain does not see that. */
  isHeldBack = false;
  /** True where a model has not called the one tool that stands for a schema: LangChain makes undefined of it. */
  isUncalled = false;
  #tool: unknown;
  #isAskedForJson = false;
  readonly #takesJson: boolean;

  /** @param takesJson true where what follows the model reads JSON, though the model is not told so by its options */
  constructor(takesJson: boolean) {
    super();
    this.#takesJson = takesJson;
  }

  override handleChatModelStart(...[, , , , extra]: ChatModelStart): void {
    this.#isAskedForJson = this.#takesJson || isAskedForJson(extra);
    this.#tool = toolIn(fieldsOf(extra?.["options"]));
  }

  override handleLLMEnd(output: LLMResult): void {
    for (const each of usagesIn(output)) {
      this.usage ??= { inputTokens: 0, outputTokens: 0 };
      this.usage.inputTokens += each.inputTokens ?? 0;
      this.usage.outputTokens += each.outputTokens ?? 0;
    }
    const generations = output.generations.flat() as Generation[];
    const reasons = generations.flatMap(reasonsOf);
    this.givenUp ??= generations.length === 0 ? "none" : reasons.find(isGivenUp);
    this.isHeldBack ||= reasons.some(isFiltered);
    if (this.#isAskedForJson) generations.forEach(unwrapJson);
    if (this.#tool !== undefined) this.isUncalled ||= !generations.every((each) => isCalled(each, this.#tool));
  }
}

type ChatModelStart = Parameters<NonNullable<BaseCallbackHandler["handleChatModelStart"]>>;
type Counts = Fields | undefined;

/** Answer of a model, of whose parts each provider's package fills some. */
interface Generation {
  text: string;
  readonly generationInfo?: Fields;
  readonly message?: Message;
}

interface Message {
  content: unknown;
  tool_calls?: readonly unknown[];
  readonly text?: string;
  readonly usage_metadata?: Counts;
  readonly response_metadata?: Fields;
  readonly additional_kwargs?: Fields;
}

/** The words of LangChain's packages for why a model stopped. */
function reasonsOf({ generationInfo, message }: Generation): unknown[] {
  return [generationInfo, message?.response_metadata].flatMap((each) => [
    each?.["finish_reason"],
    each?.["finishReason"],
    each?.["stop_reason"],
    each?.["done_reason"],
  ]);
}

/** Options by which models are told to answer in JSON: OpenAI's, Ollama's, Google's, and LangChain's own for structured output. */
function isAskedForJson(extra: Fields | undefined): boolean {
  return [extra?.["options"], extra?.["invocation_params"]].map(fieldsOf).some((options) => {
    const types = [options?.["response_format"], fieldsOf(options?.["text"])?.["format"], options?.["format"]];
    const words = [
      ...types.map((each) => fieldsOf(each)?.["type"] ?? each),
      methodIn(options),
      options?.["responseMimeType"],
    ];
    return words.some(
      (each) => typeof each === "string" && /^(application\/)?json(_object|_schema|_mode)?$/.test(each),
    );
  });
}

/** LangChain's own mark of a structured output, and of how a model is told of it. */
function methodIn(options: Fields | undefined): unknown {
  return fieldsOf(fieldsOf(options?.["ls_structured_output_format"])?.["kwargs"])?.["method"];
}

/** Name of the tool that stands for a schema; undefined where none does. */
function toolIn(options: Fields | undefined): unknown {
  const [tool] = (options?.["tools"] as unknown[] | undefined) ?? [];
  const isMeant = /^function_?calling$/i.test(String(methodIn(options)));
  return isMeant ? fieldsOf(fieldsOf(tool)?.["function"] ?? tool)?.["name"] : undefined;
}

/** Tells whether a model has called a tool; or has written its JSON as a text (P48), which becomes the call that it should be. */
function isCalled(generation: Generation, name: unknown): boolean {
  const { tool_calls: calls = [] } = generation.message ?? {};
  if (calls.length > 0) return calls.some((call) => fieldsOf(call)?.["name"] === name);
  const json = fieldsOf(parseJson(unwrapJson(generation) ?? ""));
  if (json === undefined || generation.message === undefined) return false;
  const { name: called, parameters, arguments: args = parameters } = json;
  generation.message.tool_calls = [{ name, args: (called === name && fieldsOf(args)) || json }];
  return true;
}

/**
 * Puts the JSON in the place of a text with fences or thoughts around it (P48): the parsers of LangChain know few of them.
 *
 * @returns the JSON; undefined where there is none, or more than one
 */
function unwrapJson(generation: Generation): string | undefined {
  const { message } = generation;
  const text = message?.text ?? generation.text;
  // Calls may be of tools that were asked for.
  const [json, another] = jsonTextsIn(text || jsonElsewhere({ ...message?.additional_kwargs, tool_calls: [] }) || "");
  if (json === undefined || another !== undefined) return undefined;
  if (json === text) return json;
  generation.text = json;
  if (message === undefined) return json;
  const others = Array.isArray(message.content) ? message.content.filter((part) => part.type !== "text") : [];
  message.content = others.length === 0 ? json : [...others, { type: "text", text: json }];
  return json;
}

/** Usages that the provider reported: with each message of a chat model, or once for all texts of an older one. */
function usagesIn({ generations, llmOutput }: LLMResult): Usage[] {
  const messages = generations.flat().map((generation) => (generation as Generation).message);
  const usages = messages.map((message) =>
    read(message?.usage_metadata, "input_tokens", "output_tokens", "total_tokens"),
  );
  if (usages.some((usage) => usage !== undefined)) return usages.filter((usage) => usage !== undefined);
  const once = read(llmOutput?.["tokenUsage"] as Counts, "promptTokens", "completionTokens", "totalTokens");
  return once === undefined ? [] : [once];
}

function read(counts: Counts, input: string, output: string, total: string): Usage | undefined {
  const details = fieldsOf(counts?.["input_token_details"]);
  return usageFrom({
    inputTokens: counts?.[input],
    cachedInputTokens: details?.["cache_read"],
    cacheWriteTokens: details?.["cache_creation"],
    outputTokens: counts?.[output],
    totalTokens: counts?.[total],
  });
}
