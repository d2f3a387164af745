import { type CallOptions, Runnable, type RunnableSettings } from "@batchwise/core";
import { CohereClientV2 } from "cohere-ai";
import { utf8Length } from "./bytes.ts";
import { type CohereClientLike, connect } from "./client.ts";
import { notA } from "./errors.ts";
import { RERANK_DOCUMENTS } from "./limits.ts";
import { check, checkModel, checkNames, type CohereOptions, defined, isPriority, isWhole } from "./options.ts";
import { forLists, NO_CALL, RerankParts } from "./rerank-parts.ts";
import { type Score, scoresIn } from "./scores.ts";
import { send } from "./send.ts";
import { commonSettings } from "./settings.ts";
import { usageIn } from "./usage.ts";

/** A question, and the texts that may answer it. */
export interface RerankInput {
  readonly query: string;
  /** Any number of them: a list that is too long for one call is split. */
  readonly documents: readonly string[];
}

/** A document with how well it answers the query. */
export interface RerankResult {
  /** Its position in `documents`, from 0. */
  readonly index: number;
  /** From 0 to 1. Scores of one query can be compared with each other, whichever call they came from. */
  readonly score: number;
  readonly document: string;
}

/** Options of CohereRerank. */
export interface CohereRerankOptions extends CohereOptions {
  /** How many of the best documents come back. A whole number from 1. @default all of them */
  readonly topN?: number;
  /** Tokens of a document that are read; the rest is left out. @default 4_096 */
  readonly maxTokensPerDoc?: number;
  /** From 0, the highest, to 999: what waits longer when Cohere is busy. @default 0 */
  readonly priority?: number;
  /** Documents in one call, at most. From 1 to 10,000. @default 1_000 */
  readonly maxDocuments?: number;
}

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
    const { model, topN, maxTokensPerDoc, priority, maxDocuments = RERANK_DOCUMENTS } = options;
    checkNames("CohereRerank", options, ["topN", "maxTokensPerDoc", "priority", "maxDocuments"]);
    checkModel(model, "rerank-v3.5");
    check("topN", topN, (value) => isWhole(value, 1), "a whole number from 1");
    check("maxTokensPerDoc", maxTokensPerDoc, (value) => isWhole(value, 1), "a whole number from 1");
    check("priority", priority, isPriority, "a whole number from 0 to 999");
    check("maxDocuments", maxDocuments, (value) => isWhole(value, 1, 10_000), "a whole number from 1 to 10,000");
    const { client, owner } = connect<CohereClientLike>(options, CohereClientV2);
    const { price, ...common } = commonSettings("rerank", "rerank", owner, options);
    this.#client = client;
    this.#request = defined({ model, topN, maxTokensPerDoc, priority });
    this.#perThousandSearches = price?.perThousandSearches;
    this.settings = {
      ...common,
      limiter: common.limiter && forLists(common.limiter),
      // Searches have no weight: their cost comes with each response.
      ...(price?.perMillionInputTokens === undefined ? {} : { price }),
      weigh: (input) => ({ tokens: tokensOf(input, maxTokensPerDoc ?? Infinity, maxDocuments) }),
    };
    this.#parts = new RerankParts(common, maxDocuments, (input, sent) => this.#score(input, sent));
  }

  /**
   * Results by score, best first; equal scores in the order of the documents. No documents give no results, and make
   * no call.
   *
   * @throws InputError for a query that is blank or no text, documents that are no texts, or what Cohere refuses
   * @throws ProviderError, TimeoutError or ResultError when no usable answer comes
   */
  override async invoke(input: RerankInput, options: CallOptions = {}): Promise<RerankResult[]> {
    checkInput(input);
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

  async #score({ query, documents }: RerankInput, options: CallOptions): Promise<Score[]> {
    const { results } = await send(
      (sdkOptions) => this.#client.rerank({ ...this.#request, query, documents: [...documents] }, sdkOptions),
      options,
      ({ meta }) => usageIn(meta, this.#perThousandSearches),
    );
    return scoresIn(results, documents.length, Math.min(documents.length, this.#request.topN ?? Infinity));
  }
}

function checkInput(input: RerankInput): void {
  const { query, documents } = (input ?? {}) as Partial<RerankInput>;
  if (typeof query !== "string" || query.trim() === "") throw notA("a query that is not blank", undefined, query);
  if (!Array.isArray(documents)) throw notA("an array of documents", undefined, documents);
  const position = documents.findIndex((document) => typeof document !== "string");
  if (position !== -1) throw notA(`a text as document ${position}`, undefined, documents[position]);
}

/**
 * The query is read with each document; UTF-8 bytes bound tokens from above. What cannot be weighed fails in `invoke`,
 * and a list that is split is weighed by nobody: it makes no call itself.
 */
function tokensOf(input: RerankInput, most: number, maxDocuments: number): number {
  const { query, documents } = (input ?? {}) as Partial<RerankInput>;
  if (!Array.isArray(documents) || documents.length > maxDocuments) return NO_CALL;
  const perDocument = utf8Length(query);
  return documents.reduce<number>((sum, document) => sum + perDocument + Math.min(utf8Length(document), most), 0);
}
