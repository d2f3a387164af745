import {
  type CallOptions,
  type Clock,
  type JobBackend,
  type RequestLimits,
  ResultError,
  Runnable,
  type RunnableSettings,
} from "@batchwise/core";
import type { Moderation, ModerationCreateParams } from "openai/resources/moderations";
import { connect, type Connection, CONNECTION_OPTIONS, type ConnectionOptions } from "./client.ts";
import { ownsInput } from "./errors.ts";
import type { JobKind } from "./jobs/job-kind.ts";
import { BULK_CONCURRENCY, MODERATION_REQUEST } from "./limits.ts";
import {
  check,
  checkNames,
  definedOnly,
  isObject,
  isText,
  PACE_OPTIONS,
  type PaceOptions,
  settingsOf,
} from "./options.ts";
import { placeInOrder } from "./place.ts";
import { type Call, post } from "./post.ts";
import { answerTexts, requireText, sendable } from "./texts.ts";
import { utf8Length } from "./utf8.ts";

/** Options of OpenAIModeration. */
export interface OpenAIModerationOptions extends ConnectionOptions, PaceOptions {
  /** @default "omni-moderation-latest" */
  readonly model?: string;
  /** What one request holds. @default 32 inputs and 10_000 tokens */
  readonly request?: RequestLimits;
}

/**
 * Says of texts whether they may do harm, many in one request: OpenAI's own `Moderation` each, with `flagged`,
 * `categories` and `category_scores`.
 *
 * @example
 * const moderation = new OpenAIModeration();
 * const flagged = (await moderation.batch(comments)).map((result) => result.flagged);
 */
export class OpenAIModeration extends Runnable<string, Moderation> {
  override readonly settings: RunnableSettings<string, Moderation>;
  readonly #connection: Connection;
  readonly #model: string;

  /** @throws ArgumentError for an option that cannot be worked with, or without a key */
  constructor(options: OpenAIModerationOptions = {}) {
    super();
    const { model = "omni-moderation-latest", request } = options;
    checkNames("OpenAIModeration", options, ["model", "request", ...CONNECTION_OPTIONS, ...PACE_OPTIONS]);
    check("model", model, isText, "a model's name");
    check("request", request, isObject, "limits such as { maxInputs: 16 }");
    this.#connection = connect(options);
    this.#model = model;
    this.settings = settingsOf(options, this.#connection, {
      model,
      maxConcurrency: BULK_CONCURRENCY,
      request: { ...MODERATION_REQUEST, ...request },
      weigh: (text) => {
        requireText(text);
        return { tokens: utf8Length(text) };
      },
      jobs: () => this.#jobs(options.clock),
    });
  }

  /**
   * @throws InputError when the text is empty
   * @throws ResultError when the answer is no moderation
   * @throws ProviderError, TimeoutError or the signal's reason
   */
  override async invoke(input: string, options: CallOptions = {}): Promise<Moderation> {
    const [result] = await this.invokeMany([input], options);
    if (result instanceof Error) throw result;
    return result!;
  }

  /** One request for all texts that can be sent; none where no text can. */
  override invokeMany(inputs: readonly string[], options: CallOptions = {}): Promise<readonly (Moderation | Error)[]> {
    return answerTexts(inputs, NO_LIMIT, options, (sent, positions) => this.#moderate(sent, positions, options));
  }

  async #moderate(
    input: readonly string[],
    positions: readonly number[],
    options: CallOptions,
  ): Promise<readonly (Moderation | Error)[]> {
    const call = this.#call(input, positions);
    const { results } = await post<ModerationsAnswer>(this.#connection, call, "results", options);
    return placeInOrder(results, input.length).map(moderationOf);
  }

  #call(input: readonly string[], positions?: readonly number[]): Call {
    const body: ModerationCreateParams = { model: this.#model, input: input as string[] };
    return { path: "/moderations", body, parts: { owns: ownsInput, ...definedOnly({ positions }) } };
  }

  async #jobs(clock: Clock | undefined): Promise<JobBackend<string, Moderation>> {
    const kind: JobKind<string, Moderation, ModerationsAnswer> = {
      path: "/moderations",
      field: "results",
      common: this.#call([]),
      call: (texts) => this.#call(texts.map((text) => sendable(text, NO_LIMIT, undefined))),
      read: ({ results }, texts) => placeInOrder(results, texts.length).map(moderationOf),
    };
    return (await import("./jobs/batch-jobs.ts")).batchJobs(this.#connection, kind, clock);
  }
}

/** What is read of an answer. */
interface ModerationsAnswer {
  readonly results: unknown;
}

/** The provider moderates the beginning of a text that is too long. */
const NO_LIMIT = { maxTokens: undefined, truncate: false };

function moderationOf(row: object): Moderation | ResultError {
  if (row instanceof ResultError) return row;
  const { flagged, categories, category_scores: scores } = row as Partial<Moderation>;
  if (typeof flagged === "boolean" && typeof categories === "object" && typeof scores === "object") {
    return row as Moderation;
  }
  return new ResultError(
    "Expected `flagged`, `categories` and `category_scores` for this input, came something else. " +
      "Check that the server behind `baseURL` answers as OpenAI's does.",
  );
}
