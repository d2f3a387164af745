import type { CoherePrice } from "@batchwise/cohere";
import type { RerankInput, RerankScore, Runnable } from "@batchwise/core";
import type { ChosenAdapter } from "./adapters.ts";
import type { CommonBatchOptions } from "./ledger.ts";
import { embeddedText, type Passage } from "./passage.ts";
import type { Hit } from "./search.ts";
import { throwIfStopped } from "./stops.ts";

/** What puts the best candidates of a search into a better order. */
export interface Reranker {
  readonly name: string;
  readonly rerank: Runnable<RerankInput, readonly RerankScore[]>;
  /** Dollars for the candidates of one question, where it is charged so. */
  readonly costPerSearch: number | undefined;
  /** Whether it is known what it costs. */
  readonly isPriced: boolean;
}

/** Files of a question whose best passages are reranked. Cohere charges up to 100 as one search. */
export const CANDIDATES = 50;

/**
 * What an adapter's options make.
 *
 * @throws ArgumentError for options that cannot be worked with. Nothing is sent.
 */
export async function adapterReranker(chosen: ChosenAdapter<"rerank">): Promise<Reranker> {
  const rerank = chosen.make();
  const costPerSearch = await searchPrice(chosen);
  return {
    name: chosen.name,
    rerank,
    costPerSearch,
    isPriced: !chosen.hasKey || costPerSearch !== undefined || rerank.settings?.price !== undefined,
  };
}

/** Cohere charges some models by the search, which no setting of a Runnable can say. */
async function searchPrice({ reference, name, options }: ChosenAdapter<"rerank">): Promise<number | undefined> {
  if (reference !== COHERE) return undefined;
  const { PRICES } = await import("@batchwise/cohere");
  const listed = Object.hasOwn(PRICES, name) ? PRICES[name] : undefined;
  const price = (options["price"] as CoherePrice | undefined) ?? listed;
  return price?.perThousandSearches === undefined ? undefined : price.perThousandSearches / 1000;
}

const COHERE = "@batchwise/cohere#rerank";

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
    return slot instanceof Error ? slot : inOrder(hits, slot);
  });
}

/** An adapter's scores come in any order, perhaps for the best hits alone. */
function inOrder(hits: readonly Hit[], scores: unknown): readonly Hit[] | Error {
  const left = new Map(hits.entries());
  const ordered: Hit[] = [];
  for (const { index, score } of bestFirst(scores)) {
    const hit = Number.isFinite(score) ? left.get(index) : undefined;
    if (hit === undefined) return new Error("Expected scores of these documents, one each, came something else.");
    left.delete(index);
    ordered.push({ ...hit, score });
  }
  return ordered;
}

/** What is no list of scores becomes one of a document that there is not. */
function bestFirst(scores: unknown): readonly RerankScore[] {
  if (!Array.isArray(scores)) return [{ index: -1, score: 0 }];
  return (scores as (RerankScore | undefined)[])
    .map((each) => ({ index: each?.index ?? -1, score: each?.score ?? 0 }))
    .toSorted((one, other) => other.score - one.score);
}

/** What the reranker reads of a passage: where it stands, what it says, and its code. */
export function rerankedText(passage: Passage): string {
  const { document, headings, code } = passage;
  return [document, headings.join(" > "), embeddedText(passage), code].filter((part) => part !== "").join("\n");
}
