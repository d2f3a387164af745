import type { RerankInput, RerankResult } from "@batchwise/cohere";
import type { Runnable } from "@batchwise/core";
import type { Sources } from "./embedders/remote.ts";
import { requireKey, textOf } from "./keys.ts";
import type { CommonBatchOptions } from "./ledger.ts";
import { embeddedText, type Passage } from "./passage.ts";
import type { Hit } from "./search.ts";
import { throwIfStopped } from "./stops.ts";

/** What puts the best candidates of a search into a better order. */
export interface Reranker {
  readonly name: string;
  readonly rerank: Runnable<RerankInput, RerankResult[]>;
  /** Dollars for the candidates of one question, where it is charged so. */
  readonly costPerSearch: number | undefined;
  /** Whether it is known what it costs. */
  readonly isPriced: boolean;
}

/** Files of a question whose best passages are reranked. Cohere charges up to 100 as one search. */
export const CANDIDATES = 50;

/**
 * Cohere's rerank: CO_API_KEY, and CO_API_URL where set.
 *
 * @throws Error without a key; ArgumentError for a model that cannot be one. Nothing is sent.
 */
export async function cohereReranker(
  model: string = "rerank-v3.5",
  { environment, clock }: Sources,
): Promise<Reranker> {
  const apiKey = requireKey(environment, "CO_API_KEY", "--rerank cohere");
  const baseURL = textOf(environment, "CO_API_URL");
  const { CohereRerank, PRICES } = await import("@batchwise/cohere");
  const price = Object.hasOwn(PRICES, model) ? PRICES[model] : undefined;
  const perThousand = price?.perThousandSearches;
  return {
    name: model,
    rerank: new CohereRerank({
      apiKey,
      model,
      ...(baseURL !== undefined && { baseURL }),
      ...(clock !== undefined && { clock }),
    }),
    costPerSearch: perThousand === undefined ? undefined : perThousand / 1000,
    isPriced: price !== undefined,
  };
}

/** A question with the documents that may answer it, best first. */
export interface Candidates {
  readonly question: string;
  readonly hits: readonly Hit[];
}

/**
 * The hits of each question in the reranker's order and with its scores; or why they stay as they were.
 *
 * @throws the reason of a stop that was asked for
 */
export async function rerankHits(
  { rerank, costPerSearch = 0 }: Reranker,
  asked: readonly Candidates[],
  options: CommonBatchOptions,
): Promise<(readonly Hit[] | Error)[]> {
  // What is charged by the search has no weight by which the engine could stop in time.
  const affordable = costPerSearch === 0 ? asked.length : Math.floor((options.maxCost ?? Infinity) / costPerSearch);
  const sent = asked.slice(0, affordable);
  const slots = await rerank.batch(
    sent.map(({ question, hits }) => ({
      query: question,
      documents: hits.map(({ passage }) => rerankedText(passage)),
    })),
    { ...options, returnExceptions: true },
  );
  throwIfStopped(slots, options);
  return asked.map(({ hits }, index) => {
    const slot = slots[index] ?? new Error("It would pass --max-cost.");
    if (slot instanceof Error) return slot;
    return slot.flatMap(({ index: place, score }) => {
      const hit = hits[place];
      return hit === undefined ? [] : [{ ...hit, score }];
    });
  });
}

/** What the reranker reads of a passage: where it stands, what it says, and its code. */
export function rerankedText(passage: Passage): string {
  const { document, headings, code } = passage;
  return [document, headings.join(" > "), embeddedText(passage), code].filter((part) => part !== "").join("\n");
}
