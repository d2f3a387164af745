import type {
  LanguageModelV2,
  LanguageModelV2CallOptions,
  LanguageModelV3,
  LanguageModelV3CallOptions,
  LanguageModelV4,
  LanguageModelV4CallOptions,
} from "@ai-sdk/provider";
import {
  callSdk,
  countIn,
  cutShort,
  defined,
  factsOf,
  fieldsOf,
  filtered,
  formatOf,
  gaveUp,
  headersIn,
  isGivenUp,
  jsonSchemaOf,
  jsonTextsIn,
  notAnswer,
  readStructured,
  settingsAround,
  type StructuredOptions,
  utf8Length,
} from "@batchwise/adapter-kit";
import { type CallOptions, runnable, type Runnable } from "@batchwise/core";
import { modelFailure } from "./errors.ts";
import { dialectOf } from "./headers.ts";
import { answerIn, type FinishReason, type GenerateResult, type ModelAnswer, usageOf } from "./model-answer.ts";
import { resultOf } from "./refused-answer.ts";
import { type ModelSettings, PACE, requireModel } from "./settings.ts";

/** A language model of specification version v2, v3 or v4 (AI SDK 5, 6 or 7). */
export type LanguageModel = LanguageModelV2 | LanguageModelV3 | LanguageModelV4;

/** Messages of the model's own specification version. */
export type LanguageModelPrompt =
  | LanguageModelV4CallOptions["prompt"]
  | LanguageModelV3CallOptions["prompt"]
  | LanguageModelV2CallOptions["prompt"];

/** Parameters of a call beside its prompt: `temperature`, `maxOutputTokens`, `responseFormat`, ... */
export type LanguageModelParameters = Omit<LanguageModelV4CallOptions, "prompt" | "abortSignal">;

/** A prompt with parameters of its own. */
export interface LanguageModelRequest extends LanguageModelParameters {
  readonly prompt: string | LanguageModelPrompt;
}

/** A text, messages of the AI SDK's specification, or one of these with parameters. */
export type LanguageModelInput = string | LanguageModelPrompt | LanguageModelRequest;

/** Answer of a model. */
export interface LanguageModelOutput {
  /** All parts of text, in a row; with a `responseFormat` of JSON, the JSON without fences and thoughts around it. */
  readonly text: string;
  readonly finishReason: FinishReason;
  /** All parts: texts, reasoning, tool calls, files, sources. */
  readonly content: GenerateResult["content"];
  /** The model's own result, with usage, warnings, metadata, and the bodies of request and response. Only with `keepResult`. */
  readonly result?: GenerateResult;
}

/** Options of `fromLanguageModel`: settings of a Runnable, and what every call of the model gets. */
export interface FromLanguageModelOptions<Output = LanguageModelOutput>
  extends Omit<ModelSettings<LanguageModelInput, Output>, "schema">, StructuredOptions<Output> {
  /** Said to the model before each prompt, as a system message. */
  readonly instructions?: string;
  /** Parameters of every call; an input's own win over them. */
  readonly parameters?: LanguageModelParameters;
  /** Keeps what the model gave in `result`, a response's whole body included. @default false */
  readonly keepResult?: boolean;
}

/**
 * Any language model of the AI SDK as a Runnable: one `doGenerate` for each input, with the engine's concurrency, retries
 * and limits. The output is a `LanguageModelOutput`; with `schema` it is the schema's output.
 *
 * @throws ArgumentError where `model` is not a language model of specification version v2, v3 or v4, or a schema cannot be
 * sent
 *
 * @example
 * const chat = fromLanguageModel(openai("gpt-5-mini"), { instructions: "Answer in one word." });
 * const answers = await chat.batch(questions);
 */
export function fromLanguageModel<Output = LanguageModelOutput>(
  model: LanguageModel,
  options: FromLanguageModelOptions<Output> = {},
): Runnable<LanguageModelInput, Output> {
  requireModel(model, "doGenerate");
  const { instructions, parameters, keepResult = false, schema, jsonSchema, ...settings } = options;
  const format = formatOf({ schema, jsonSchema } as StructuredOptions<unknown>, (each, json) => ({
    type: "json" as const,
    schema: json ?? jsonSchemaOf(each),
  }));
  const common: LanguageModelParameters = { ...parameters, ...defined({ responseFormat: format }) };
  return runnable(
    async (input, call) => {
      const request = requestOf(input, instructions, common);
      const result = await generate(model as LanguageModelV4, request, call);
      const answer = readAnswer(result, request, model.provider);
      if (schema !== undefined) return structuredOf(schema, answer);
      const { text, finishReason, content } = answer;
      return { text, finishReason, content, ...(keepResult ? { result } : {}) } as Output;
    },
    settingsAround(
      model,
      {
        weigh: (input) => ({
          tokens: utf8Length(instructions) + lengthOf(input),
          outputTokens: countIn(fieldsOf(input)?.["maxOutputTokens"]) ?? common.maxOutputTokens,
        }),
        ...settings,
      },
      PACE,
    ),
  );
}

function generate(
  model: LanguageModelV4,
  request: LanguageModelV4CallOptions,
  call: CallOptions = {},
): Promise<GenerateResult> {
  const dialect = dialectOf(model.provider);
  return callSdk(
    call,
    (thrown) => modelFailure(thrown, dialect),
    async () => {
      const own = { ...request, ...defined({ abortSignal: call.signal }) };
      const result = await resultOf(async () => model.doGenerate(own));
      call.report?.({ ...factsOf(headersIn(result.response?.headers), dialect), usage: usageOf(result) });
      return result;
    },
  );
}

/** @throws ProviderError for an answer that failed half-way, ResultError for one that is none, or is not the JSON that was asked for */
function readAnswer(
  result: GenerateResult,
  { responseFormat, tools }: LanguageModelV4CallOptions,
  provider: string,
): ModelAnswer {
  const answer = answerIn(result, dialectOf(provider), responseFormat?.type === "json" && tools === undefined);
  const { text, finishReason, rawReason = finishReason } = answer;
  if (finishReason === "error" || isGivenUp(rawReason)) throw gaveUp(rawReason, dialectOf(provider));
  if (responseFormat?.type !== "json" || (finishReason !== "stop" && finishReason !== "other")) return answer;
  const [json, another] = jsonTextsIn(text);
  if (json === undefined || another !== undefined) throw notAnswer("one text of JSON");
  return { ...answer, text: json };
}

/** @throws ResultError for an answer that is cut or held back, or that the schema refuses */
function structuredOf<Output>(
  schema: NonNullable<StructuredOptions<Output>["schema"]>,
  { text, finishReason }: ModelAnswer,
): Promise<Output> {
  if (finishReason === "length") throw cutShort();
  if (finishReason === "content-filter") throw filtered();
  return readStructured(schema, text);
}

function requestOf(
  input: LanguageModelInput,
  instructions: string | undefined,
  parameters: LanguageModelParameters,
): LanguageModelV4CallOptions {
  const { prompt, ...own } = asRequest(input);
  const messages = typeof prompt === "string" ? [user(prompt)] : prompt;
  return {
    ...parameters,
    ...defined(own),
    prompt: (instructions === undefined
      ? messages
      : [{ role: "system", content: instructions }, ...messages]) as Messages,
  };
}

type Messages = LanguageModelV4CallOptions["prompt"];

function asRequest(input: LanguageModelInput): LanguageModelRequest {
  return typeof input === "string" || Array.isArray(input) ? { prompt: input } : input;
}

function user(text: string): Messages[number] {
  return { role: "user", content: [{ type: "text", text }] };
}

/** UTF-8 bytes of all texts: tokens are never more. What is not a prompt weighs nothing, and fails in the call. */
function lengthOf(input: unknown): number {
  if (typeof input === "string") return utf8Length(input);
  if (Array.isArray(input)) return input.reduce<number>((sum, part) => sum + lengthOf(part), 0);
  const { prompt, content, text } = (input ?? {}) as Record<string, unknown>;
  return [prompt, content, text].reduce<number>((sum, part) => (part === undefined ? sum : sum + lengthOf(part)), 0);
}
