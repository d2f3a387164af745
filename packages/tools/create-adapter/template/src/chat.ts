import {
  type DefinedOptions,
  defineOptions,
  filtered,
  gaveUp,
  GENERATION,
  type GenerationOptions,
  type HttpConnection,
  isFiltered,
  isGivenUp,
  isWordless,
  notAnswer,
  type OptionsOf,
  postJson,
  promptTokens,
  requireText,
  textOf,
  usageFrom,
} from "@batchwise/adapter-kit";
import { type CallOptions, Runnable, type RunnableSettings } from "@batchwise/core";
import { DIALECT } from "./errors.ts";
import { ANSWER_TOKENS } from "./limits.ts";
import { COMMON, connect, type MyProviderOptions, settingsOf } from "./options.ts";

const OWN = {
  // TODO: the model that most people want.
  /** @default "chat-1" */
  model: { type: "string", description: "the model's name", default: "chat-1" },
} as const;

/** Options of MyProviderChat. */
export interface MyProviderChatOptions extends OptionsOf<typeof OWN>, GenerationOptions, MyProviderOptions {}

/** Options of MyProviderChat, declared. */
export const CHAT: DefinedOptions = defineOptions("MyProviderChat", OWN, GENERATION, COMMON);

/** An answer of the model. */
export interface ChatResult {
  /** May be empty. */
  readonly text: string;
  // TODO: how it says that an answer was cut at its longest.
  /** "stop"; "length" where the answer was cut at its longest. */
  readonly finishReason: string;
}

/**
 * Answers prompts, one request each, many at once.
 *
 * @example
 * const chat = new MyProviderChat();
 * const answers = await chat.batch(["The capital of Norway?", "The capital of Chile?"]);
 */
export class MyProviderChat extends Runnable<string, ChatResult> {
  override readonly settings: RunnableSettings<string, ChatResult>;
  readonly #connection: HttpConnection;
  readonly #options: MyProviderChatOptions & { readonly model: string };

  /** @throws ArgumentError for an option that cannot be worked with, or without a key */
  constructor(options: MyProviderChatOptions = {}) {
    super();
    CHAT.check(options);
    const { model = OWN.model.default, instructions, maxTokens = ANSWER_TOKENS } = options;
    this.#options = { ...options, model };
    this.#connection = connect(options);
    this.settings = {
      ...settingsOf(options, this.#connection, model),
      // Prompt and answer count at the limits. How long the answer is shows only when it is there: until then it has
      // room for its longest.
      weigh: (prompt) => ({ tokens: promptTokens([instructions, prompt]), outputTokens: maxTokens }),
    };
  }

  /** @throws ProviderError, also for half an answer; InputError; ResultError when there is none; or the signal's reason */
  override async invoke(input: string, options: CallOptions = {}): Promise<ChatResult> {
    requireText(input);
    const { model, instructions, temperature, maxTokens } = this.#options;
    // TODO: the request, as My Provider wants it. JSON leaves out what is undefined.
    const system = instructions === undefined ? [] : [{ role: "system", content: instructions }];
    const messages = [...system, { role: "user", content: input }];
    const body = { model, messages, temperature, max_tokens: maxTokens, stream: false };
    const answer = await postJson<ChatAnswer>(this.#connection, "/chat/completions", body, options);
    // TODO: where the answer holds its usage, and its text.
    const { prompt_tokens: inputTokens, completion_tokens: outputTokens } = answer.usage ?? {};
    options.report?.({ usage: usageFrom({ inputTokens, outputTokens }) });
    const [choice, another] = answer.choices ?? [];
    if (choice === undefined || another !== undefined) throw notAnswer("one choice");
    const { message, finish_reason: finishReason } = choice;
    // What has been said by then is half an answer.
    if (isGivenUp(finishReason)) throw gaveUp(finishReason, DIALECT);
    if (isFiltered(finishReason)) throw filtered();
    if (isWordless(message, finishReason)) throw notAnswer("a message's content");
    return { text: textOf(message?.content) ?? "", finishReason: finishReason || "stop" };
  }
}

/** Part of an answer that is read. */
interface ChatAnswer {
  readonly choices: readonly { readonly message?: { readonly content?: unknown }; readonly finish_reason?: string }[];
  readonly usage?: { readonly prompt_tokens?: number; readonly completion_tokens?: number };
}
