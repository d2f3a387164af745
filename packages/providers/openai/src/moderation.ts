import {
  BulkRunnable,
  type DefinedOptions,
  defineOptions,
  fieldsOf,
  type JobKind,
  notAnswer,
  type OptionsOf,
  placeInOrder,
  REQUEST,
  requireText,
  sendRest,
  textsIn,
  weighText,
  withDefaults,
} from "@batchwise/adapter-kit";
import { type CallOptions, ResultError, type RunnableSettings } from "@batchwise/core";
import type { Moderation, ModerationCreateParams } from "openai/resources/moderations";
import { connect, type Connection, type ConnectionOptions } from "./client.ts";
import { ownsInput } from "./errors.ts";
import { BULK_CONCURRENCY, MODERATION_REQUEST } from "./limits.ts";
import { BULK, type PaceOptions, settingsOf } from "./options.ts";
import { type Call, post } from "./send.ts";

const OWN = {
  /** @default "omni-moderation-latest" */
  model: { type: "string", description: "the model's name", default: "omni-moderation-latest" },
} as const;

/** Options of OpenAIModeration. */
export interface OpenAIModerationOptions
  extends OptionsOf<typeof OWN>, OptionsOf<typeof REQUEST>, ConnectionOptions, PaceOptions {}

/** Options of OpenAIModeration, declared. */
export const MODERATION: DefinedOptions = /* @__PURE__ */ defineOptions(
  "OpenAIModeration",
  OWN,
  withDefaults(REQUEST, { request: MODERATION_REQUEST }),
  BULK,
);

/**
 * Says of texts whether they may do harm, many in one request: OpenAI's own `Moderation` each, with `flagged`,
 * `categories` and `category_scores`.
 *
 * @example
 * const moderation = new OpenAIModeration();
 * const flagged = (await moderation.batch(comments)).map((result) => result.flagged);
 */
export class OpenAIModeration extends BulkRunnable<string, Moderation> {
  override readonly settings: RunnableSettings<string, Moderation>;
  readonly #connection: Connection;
  readonly #model: string;

  /** @throws ArgumentError for an option that cannot be worked with, or without a key */
  constructor(options: OpenAIModerationOptions = {}) {
    super();
    MODERATION.check(options);
    const { model = OWN.model.default, request } = options;
    this.#connection = connect(options);
    this.#model = model;
    this.settings = settingsOf(options, this.#connection, {
      model,
      maxConcurrency: BULK_CONCURRENCY,
      request: { ...MODERATION_REQUEST, ...request },
      weigh: (text) => weighText(text),
      jobs: async () => {
        const { path, body } = this.#call([]);
        const kind: JobKind<string, Moderation> = {
          // As it is written in the notes of jobs that run.
          common: { path, body, parts: {} },
          body: (texts) => this.#call(texts.map(textOf)).body,
          blame: () => ({ owns: ownsInput }),
          read: (answer, texts) => moderationsIn(answer as ModerationsAnswer, texts.length),
          usage: () => undefined,
        };
        const { batchJobs } = await import("./jobs/batch-jobs.ts");
        return batchJobs(this.#connection, { path, field: "results" }, kind, options.clock);
      },
    });
  }

  /**
   * One request for all texts that can be sent; none where no text can. The provider cuts those that are too long. A slot
   * has an InputError for an empty text, and a ResultError for what is not a moderation.
   *
   * @throws ProviderError, TimeoutError or the signal's reason
   */
  override invokeMany(inputs: readonly string[], options: CallOptions = {}): Promise<readonly (Moderation | Error)[]> {
    return sendRest(textsIn(inputs), options, async (sent, positions) => {
      const call = this.#call(sent, positions);
      return moderationsIn(await post<ModerationsAnswer>(this.#connection, call, "results", options), sent.length);
    });
  }

  #call(input: string[], positions?: readonly number[]): Call {
    const body: ModerationCreateParams = { model: this.#model, input };
    return { path: "/moderations", body, blame: { owns: ownsInput, positions } };
  }
}

/** Part of an answer that is read. */
interface ModerationsAnswer {
  readonly results: unknown;
}

/** @throws InputError for what is not a text */
function textOf(input: unknown): string {
  requireText(input, 0);
  return input;
}

function moderationsIn({ results }: ModerationsAnswer, count: number): (Moderation | ResultError)[] {
  return placeInOrder(results, count).map((row) => (row instanceof ResultError ? row : moderationIn(row)));
}

function moderationIn(row: unknown): Moderation | ResultError {
  const { categories, category_scores: scores, flagged = flaggedBy(categories) } = fieldsOf(row) ?? {};
  const isWhole = typeof flagged === "boolean" && typeof categories === "object" && typeof scores === "object";
  return isWhole
    ? { ...(row as Moderation), flagged }
    : notAnswer("`flagged`, `categories` and `category_scores` for this input");
}

/** Mistral leaves the sum of the categories to its readers. */
function flaggedBy(categories: unknown): boolean | undefined {
  const values = Object.values(fieldsOf(categories) ?? {});
  return values.length > 0 && values.every((each) => typeof each === "boolean") ? values.includes(true) : undefined;
}
