import { type CallOptions, ResultError, Runnable, type RunnableSettings } from "@batchwise/core";
import { connect, type Connection, type MyProviderOptions, settingsOf } from "./options.ts";
import { post } from "./post.ts";

/** Options of MyProviderChat. */
export interface MyProviderChatOptions extends MyProviderOptions {
  /** @default "chat-1" */
  readonly model?: string;
  /** The longest answer, in tokens. @default the model's own */
  readonly maxTokens?: number;
}

/** An answer of the model. */
export interface ChatResult {
  /** May be empty. */
  readonly text: string;
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
  readonly #connection: Connection;
  readonly #model: string;
  readonly #maxTokens: number | undefined;

  /** @throws ArgumentError for an option that cannot be worked with, or without a key */
  constructor(options: MyProviderChatOptions = {}) {
    super();
    // TODO: the model that most people want.
    const { model = "chat-1", maxTokens } = options;
    this.#connection = connect(options);
    this.#model = model;
    this.#maxTokens = maxTokens;
    this.settings = settingsOf(options, this.#connection, model);
  }

  /** @throws ProviderError, ResultError when there is no answer, or the signal's reason */
  override async invoke(input: string, options: CallOptions = {}): Promise<ChatResult> {
    // TODO: the request's body, as My Provider wants it. JSON leaves out what is undefined.
    const body = {
      model: this.#model,
      messages: [{ role: "user", content: input }],
      max_tokens: this.#maxTokens,
    };
    const answer = await post<ChatAnswer>(this.#connection, "/chat/completions", body, options);
    // TODO: where the answer holds its usage, and its text.
    const { prompt_tokens: inputTokens, completion_tokens: outputTokens } = answer.usage ?? {};
    options.report?.({
      usage: { ...(inputTokens !== undefined && { inputTokens }), ...(outputTokens !== undefined && { outputTokens }) },
    });
    const [choice, another] = answer.choices ?? [];
    const text = choice?.message?.content;
    if (typeof text === "string" && another === undefined) return { text };
    throw new ResultError("Expected one answer, a text; something else came. Send it again.");
  }
}

/** What is read of an answer. */
interface ChatAnswer {
  readonly choices: readonly { readonly message?: { readonly content?: string | null } }[];
  readonly usage?: { readonly prompt_tokens?: number; readonly completion_tokens?: number };
}
