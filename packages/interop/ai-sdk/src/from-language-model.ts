import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4GenerateResult } from "@ai-sdk/provider";
import { defined, factsOf, headersIn, textOf, usageFrom, utf8Length } from "@batchwise/adapter-kit";
import { type CallOptions, runnable, type Runnable, type RunnableSettings } from "@batchwise/core";
import { modelFailure } from "./errors.ts";
import { dialectOf } from "./headers.ts";
import { requireModel, withDefaults } from "./settings.ts";

/** Parameters of a call beside its prompt: `temperature`, `maxOutputTokens`, `responseFormat`, ... */
export type LanguageModelParameters = Omit<LanguageModelV4CallOptions, "prompt" | "abortSignal">;

/** A prompt with parameters of its own. */
export interface LanguageModelRequest extends LanguageModelParameters {
  readonly prompt: string | LanguageModelV4CallOptions["prompt"];
}

/** A text, messages of the AI SDK's specification, or one of these with parameters. */
export type LanguageModelInput = string | LanguageModelV4CallOptions["prompt"] | LanguageModelRequest;

/** Answer of a model. */
export interface LanguageModelOutput {
  /** All parts of text, in a row. */
  readonly text: string;
  readonly finishReason: LanguageModelV4GenerateResult["finishReason"]["unified"];
  /** The whole of it: content such as tool calls, usage, warnings, what the provider said. */
  readonly result: LanguageModelV4GenerateResult;
}

/** Options of `fromLanguageModel`: settings of a Runnable, and what every call of the model gets. */
export interface FromLanguageModelOptions extends RunnableSettings<LanguageModelInput, LanguageModelOutput> {
  /** Said to the model before each prompt, as a system message. */
  readonly instructions?: string;
  /** Parameters of every call; an input's own win over them. */
  readonly parameters?: LanguageModelParameters;
  /**
   * The most calls in flight at once. Until a response reports the limits there are 5, the first one alone.
   * @default 64
   */
  readonly maxConcurrency?: number;
  /** Tries of failed calls. The model itself never does. @default { attempts: 6 } */
  readonly retry?: Exclude<RunnableSettings["retry"], undefined>;
}

/**
 * Any language model of the AI SDK as a Runnable: one `doGenerate` for each input, with the engine's concurrency, retries
 * and limits.
 *
 * @throws ArgumentError where `model` is not a language model of specification version v4
 *
 * @example
 * const chat = fromLanguageModel(openai("gpt-5-mini"), { instructions: "Answer in one word." });
 * const answers = await chat.batch(questions);
 */
export function fromLanguageModel(
  model: LanguageModelV4,
  options: FromLanguageModelOptions = {},
): Runnable<LanguageModelInput, LanguageModelOutput> {
  requireModel(model, "doGenerate");
  const { instructions, parameters, ...settings } = options;
  return runnable(
    (input, call) => generate(model, requestOf(input, instructions, parameters), call),
    withDefaults(model, { weigh: (input) => ({ tokens: utf8Length(instructions) + lengthOf(input) }), ...settings }),
  );
}

async function generate(
  model: LanguageModelV4,
  request: LanguageModelV4CallOptions,
  { signal, report }: CallOptions = {},
): Promise<LanguageModelOutput> {
  signal?.throwIfAborted();
  const dialect = dialectOf(model.provider);
  try {
    const result = await model.doGenerate({ ...request, ...defined({ abortSignal: signal }) });
    const { inputTokens, outputTokens } = (result.usage ?? {}) as Partial<typeof result.usage>;
    const usage = usageFrom({ inputTokens: inputTokens?.total, outputTokens: outputTokens?.total });
    report?.({ ...factsOf(headersIn(result.response?.headers), dialect), usage });
    return { text: textOf(result.content) ?? "", finishReason: result.finishReason.unified, result };
  } catch (thrown) {
    signal?.throwIfAborted();
    const { error, facts, usage } = modelFailure(thrown, dialect);
    report?.({ ...facts, usage });
    throw error;
  }
}

function requestOf(
  input: LanguageModelInput,
  instructions: string | undefined,
  parameters: LanguageModelParameters | undefined,
): LanguageModelV4CallOptions {
  const { prompt, ...own } = asRequest(input);
  const messages = typeof prompt === "string" ? [user(prompt)] : prompt;
  return {
    ...parameters,
    ...defined(own),
    prompt: instructions === undefined ? messages : [{ role: "system", content: instructions }, ...messages],
  };
}

function asRequest(input: LanguageModelInput): LanguageModelRequest {
  return typeof input === "string" || Array.isArray(input) ? { prompt: input } : input;
}

function user(text: string): LanguageModelV4CallOptions["prompt"][number] {
  return { role: "user", content: [{ type: "text", text }] };
}

/** UTF-8 bytes of all texts: tokens are never more. What is not a prompt weighs nothing, and fails in the call. */
function lengthOf(input: unknown): number {
  if (typeof input === "string") return utf8Length(input);
  if (Array.isArray(input)) return input.reduce<number>((sum, part) => sum + lengthOf(part), 0);
  const { prompt, content, text } = (input ?? {}) as Record<string, unknown>;
  return [prompt, content, text].reduce<number>((sum, part) => (part === undefined ? sum : sum + lengthOf(part)), 0);
}
