import {
  type DefinedOptions,
  defineOptions,
  type HttpConnection,
  type OptionsOf,
  postJson,
  requireRerankInput,
  rerankTokens,
  scoresIn,
  usageFrom,
} from "@batchwise/adapter-kit";
import { type CallOptions, type RerankInput, type RerankScore, Runnable, type RunnableSettings } from "@batchwise/core";
import { COMMON, connect, type MyProviderOptions, settingsOf } from "./options.ts";

const OWN = {
  // TODO: the model that most people want.
  /** @default "rerank-1" */
  model: { type: "string", description: "the model's name", default: "rerank-1" },
  /** Number of the best documents that are returned. @default all of them */
  topN: { type: "integer", minimum: 1, description: "how many of the best documents come back", otherwise: "all" },
} as const;

/** Options of MyProviderRerank. */
export interface MyProviderRerankOptions extends OptionsOf<typeof OWN>, MyProviderOptions {}

/** Options of MyProviderRerank, declared. */
export const RERANK: DefinedOptions = defineOptions("MyProviderRerank", OWN, COMMON);

/**
 * Orders the documents of a query, best first, one request for each query.
 *
 * @example
 * const rerank = new MyProviderRerank({ topN: 3 });
 * const [best] = await rerank.invoke({ query: "How do I close a pool?", documents });
 */
export class MyProviderRerank extends Runnable<RerankInput, readonly RerankScore[]> {
  override readonly settings: RunnableSettings<RerankInput, readonly RerankScore[]>;
  readonly #connection: HttpConnection;
  readonly #model: string;
  readonly #topN: number | undefined;

  /** @throws ArgumentError for an option that cannot be worked with, or without a key */
  constructor(options: MyProviderRerankOptions = {}) {
    super();
    RERANK.check(options);
    this.#model = options.model ?? OWN.model.default;
    this.#topN = options.topN;
    this.#connection = connect(options);
    this.settings = {
      ...settingsOf(options, this.#connection, this.#model),
      // The query is read with each document.
      weigh: (input) => ({ tokens: rerankTokens(input), outputTokens: 0 }),
    };
  }

  /** @throws ProviderError, InputError, ResultError when scores do not belong to documents, or the signal's reason */
  override async invoke(input: RerankInput, options: CallOptions = {}): Promise<readonly RerankScore[]> {
    requireRerankInput(input);
    const { query, documents } = input;
    if (documents.length === 0) return [];
    const topN = Math.min(documents.length, this.#topN ?? Infinity);
    // TODO: the request, as My Provider wants it.
    const body = { model: this.#model, query, documents, top_n: topN };
    const answer = await postJson<RerankAnswer>(this.#connection, "/rerank", body, options);
    // TODO: where the answer holds its usage, and its scores.
    options.report?.({ usage: usageFrom({ inputTokens: answer.usage?.total_tokens }) });
    return scoresIn(answer.results, documents.length, topN);
  }
}

/** Part of an answer that is read. */
interface RerankAnswer {
  readonly results: readonly { readonly index: number; readonly relevance_score: number }[];
  readonly usage?: { readonly total_tokens?: number };
}
