import type { CoherePrice } from "@batchwise/cohere";
import type { RerankInput, RerankScore, Runnable } from "@batchwise/core";
import type { ResolvedAdapter } from "./adapters.ts";
import type { CommonBatchOptions } from "./budget.ts";
import { embeddedText, type Passage } from "./passage.ts";
import type { Hit } from "./search.ts";
import { throwIfStopped } from "./stops.ts";

/** Reranker of the best candidates of a search. */
export interface Reranker {
  readonly name: string;
  readonly rerank: Runnable<RerankInput, readonly RerankScore[]>;
  /** Dollars for the candidates of one question, for models that are charged by the search. */
  readonly costPerSearch: number | undefined;
  /** True when its price is known. */
  readonly isPriced: boolean;
}

/** Files of a question whose best passages are reranked. Cohere charges up to 100 as one search. */
export const CANDIDATES = 50;

/**
 * Makes an adapter's reranker. Sends nothing.
 *
 * @throws ArgumentError for options that cannot be worked with
 */
export async function adapterReranker(resolved: ResolvedAdapter<"rerank">): Promise<Reranker> {
  const rerank = resolved.make();
  const costPerSearch = await searchPrice(resolved);
  return {
    name: resolved.name,
    rerank,
    costPerSearch,
    isPriced: !resolved.hasKey || costPerSearch !== undefined || rerank.settings?.price !== undefined,
  };
}

/** Price of a search by models that Cohere charges so, which the settings of a Runnable cannot express. */
async function searchPrice({ reference, name, options }: ResolvedAdapter<"rerank">): Promise<number | undefined> {
  if (reference !== COHERE) return undefined;
  const { PRICES } = await import("@batchwise/cohere");
  const listed = Object.hasOwn(PRICES, name) ? PRICES[name] : undefined;
  const price = (options["price"] as CoherePrice | undefined) ?? listed;
  return price?.perThousandSearches === undefined ? undefined : price.perThousandSearches / 1000;
}

const COHERE = "@batchwise/cohere#rerank";

/** Question with the documents that may answer it, best first. */
export interface Candidates {
  readonly question: string;
  readonly hits: readonly Hit[];
}

/**
 * Hits of each question in the reranker's order and with its scores; an Error for hits that keep their order.
 *
 * @throws the reason of a stop by the user
 */
export async function rerankHits(
  { rerank, costPerSearch = 0 }: Reranker,
  asked: readonly Candidates[],
  options: CommonBatchOptions,
): Promise<(readonly Hit[] | Error)[]> {
  // Searches have no weight by which the engine could stop in time.
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
    const slot = slots[index] ?? new Error("Expected a search within --max-cost, got one that would pass it.");
    return slot instanceof Error ? slot : inOrder(hits, slot);
  });
}

/** Orders hits by an adapter's scores, which are in any order and may cover only the best hits. */
function inOrder(hits: readonly Hit[], scores: unknown): readonly Hit[] | Error {
  const left = new Map(hits.entries());
  const ordered: Hit[] = [];
  for (const { index, score } of bestFirst(scores)) {
    const hit = Number.isFinite(score) ? left.get(index) : undefined;
    if (hit === undefined) return new Error("Expected scores of these documents, one each, got something else.");
    left.delete(index);
    ordered.push({ ...hit, score });
  }
  return ordered;
}

/** Scores, best first. Anything but a list becomes the score of a document that does not exist. */
function bestFirst(scores: unknown): readonly RerankScore[] {
  if (!Array.isArray(scores)) return [{ index: -1, score: 0 }];
  return (scores as (RerankScore | undefined)[])
    .map((each) => ({ index: each?.index ?? -1, score: each?.score ?? 0 }))
    .toSorted((one, other) => other.score - one.score);
}

/** Text of a passage for the reranker: its place, its prose, and its code. */
export function rerankedText(passage: Passage): string {
  const { document, headings, code } = passage;
  return [document, headings.join(" > "), embeddedText(passage), code].filter((part) => part !== "").join("\n");
}
