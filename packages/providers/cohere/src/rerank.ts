import {
  defined,
  type DefinedOptions,
  defineOptions,
  type OptionsOf,
  requireRerankInput,
  rerankTokens,
  scoresIn,
  withDefaults,
} from "@batchwise/adapter-kit";
import { type CallOptions, type RerankInput, type RerankScore, Runnable, type RunnableSettings } from "@batchwise/core";
import { CohereClientV2 } from "cohere-ai";
import { type CohereClientLike, connect } from "./client.ts";
import { RERANK_DOCUMENTS } from "./limits.ts";
import { type CohereOptions, modelOption, PRIORITY, settingsOf, sharedOptions } from "./options.ts";
import { forLists, NO_CALL, RerankParts } from "./rerank-parts.ts";
import { send } from "./send.ts";
import { usageIn } from "./usage.ts";

/** A document with how well it answers the query. Scores are from 0 to 1. */
export interface RerankResult extends RerankScore {
  readonly document: string;
}

const OWN = {
  /** Number of the best documents that are returned. A whole number from 1. @default all of them */
  topN: { type: "integer", minimum: 1, description: "how many of the best documents come back", otherwise: "all" },
  /** Tokens of a document that are read; the rest is left out. @default 4_096 */
  maxTokensPerDoc: {
    type: "integer",
    minimum: 1,
    description: "tokens of a document that are read; the rest is left out",
    default: 4096,
  },
  /** Documents in one call, at most. From 1 to 10,000. @default 1_000 */
  maxDocuments: {
    type: "integer",
    minimum: 1,
    maximum: 10_000,
    description: "documents in one call, at most",
  },
} as const;

/** Options of CohereRerank. */
export interface CohereRerankOptions extends OptionsOf<typeof OWN>, OptionsOf<typeof PRIORITY>, CohereOptions {}

/** Options of CohereRerank, declared. */
export const RERANK: DefinedOptions = /* @__PURE__ */ defineOptions(
  "CohereRerank",
  modelOption("rerank-v3.5"),
  sharedOptions("rerank"),
  withDefaults(OWN, { maxDocuments: RERANK_DOCUMENTS }),
  PRIORITY,
);

/**
 * Orders the documents of a query, best first, with Cohere's rerank: one call for each query, and for a list of more
 * than 1,000 documents as many as it takes, merged by score.
 *
 * @example
 * const rerank = new CohereRerank({ model: "rerank-v3.5", topN: 3 });
 * const [best] = await rerank.invoke({ query: "How do I close a pool?", documents });
 */
export class CohereRerank extends Runnable<RerankInput, RerankResult[]> {
  override readonly settings: RunnableSettings<RerankInput, RerankResult[]>;
  readonly #client: CohereClientLike;
  readonly #request: Omit<Parameters<CohereClientLike["rerank"]>[0], "query" | "documents">;
  readonly #perThousandSearches: number | undefined;
  readonly #parts: RerankParts;

  /** @throws ArgumentError for an option that cannot be worked with. */
  constructor(options: CohereRerankOptions) {
    super();
    RERANK.check(options);
    const { model, topN, maxTokensPerDoc, priority, maxDocuments = RERANK_DOCUMENTS } = options;
    const { client, owner } = connect<CohereClientLike>(options, CohereClientV2);
    const { price, ...common } = settingsOf("rerank", "rerank", owner, options);
    this.#client = client;
    this.#request = { model, ...defined({ topN, maxTokensPerDoc, priority }) };
    this.#perThousandSearches = price?.perThousandSearches;
    this.settings = {
      ...common,
      limiter: forLists(common.limiter),
      // Searches have no weight: their cost comes with each response.
      price: price?.perMillionInputTokens === undefined ? undefined : price,
      // A list that is split has no weight: it makes no call itself.
      weigh: (input) => ({
        tokens: input?.documents?.length > maxDocuments ? NO_CALL : rerankTokens(input, maxTokensPerDoc),
        outputTokens: 0,
      }),
    };
    this.#parts = new RerankParts(common, maxDocuments, (input, sent) => this.#score(input, sent));
  }

  /**
   * Results by score, best first; equal scores in the order of the documents. No documents give no results, and make
   * no call. A list that is too long for one call is split: scores of one query can be compared, whichever call gave
   * them.
   *
   * @throws InputError for a query that is blank or not a text, documents that are not texts, or what Cohere refuses
   * @throws ProviderError, TimeoutError or ResultError when no usable answer comes
   */
  override async invoke(input: RerankInput, options: CallOptions = {}): Promise<RerankResult[]> {
    requireRerankInput(input);
    const { documents } = input;
    if (documents.length === 0) return [];
    const scores = this.#parts.split(documents.length)
      ? await this.#parts.score(input, options)
      : await this.#score(input, options);
    return scores
      .toSorted((left, right) => right.score - left.score || left.index - right.index)
      .slice(0, this.#request.topN ?? documents.length)
      .map(({ index, score }) => ({ index, score, document: documents[index]! }));
  }

  async #score({ query, documents }: RerankInput, options: CallOptions): Promise<RerankScore[]> {
    const { results } = await send(
      (sdkOptions) => this.#client.rerank({ ...this.#request, query, documents: [...documents] }, sdkOptions),
      options,
      ({ meta }) => usageIn(meta, this.#perThousandSearches),
    );
    return scoresIn(results, documents.length, Math.min(documents.length, this.#request.topN ?? Infinity));
  }
}
