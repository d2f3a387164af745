import type { Estimate } from "@batchwise/core";
import type { Embedder } from "./embedder.ts";
import { embeddedText, type Passage } from "./passage.ts";
import type { Planned } from "./plan-questions.ts";
import { CANDIDATES, rerankedText, type Reranker } from "./reranker.ts";
import { SAMPLE_SIZE, takeSample } from "./strategies.ts";

/** Estimate for one part of a run, as an upper bound without retries. */
export interface Part {
  readonly inputs: number;
  readonly noun: string;
  readonly purpose: string;
  readonly requests: number;
  /** Undefined when tokens are not charged. */
  readonly tokens: number | undefined;
  /** Dollars; undefined when the price is unknown. */
  readonly cost: number | undefined;
  /** Shortest time that the known rate limits allow, in milliseconds. */
  readonly shortestMs: number | undefined;
}

/** Work of a run that may be charged. */
export interface Work {
  /** Texts that have no vector yet. */
  readonly missing: readonly string[];
  readonly passages: readonly Passage[];
  readonly planned: Planned;
  readonly embedder: Embedder;
  readonly reranker: Reranker | undefined;
}

/** Estimates the parts of a run that are charged, if any. Sends nothing. */
export function estimateRun({ missing, passages, planned, embedder, reranker }: Work): Part[] {
  const parts: Part[] = [];
  if (embedder.isPaid) {
    const { documents, questions } = embedder;
    parts.push(partOf(documents.estimate(missing), "text", "to embed"));
    if (planned.compare) parts.push(comparison(embedder, takeSample(passages, SAMPLE_SIZE)));
    parts.push(partOf(questions.estimate(planned.embedded), "question", "to embed"));
  }
  if (reranker !== undefined) parts.push(reranking(reranker, planned.reranked, passages));
  return parts.filter(({ inputs }) => inputs > 0);
}

function partOf({ inputs, requests, tokens, cost, shortestMs }: Estimate, noun: string, purpose: string): Part {
  return { inputs, noun, purpose, requests, tokens, cost, shortestMs };
}

/** Estimate of the comparison: the sample once in bulk, and twice one by one. */
function comparison({ documents }: Embedder, sample: readonly string[]): Part {
  const part = partOf(documents.estimate(sample), "text", "to embed in three ways, for --compare");
  return {
    ...part,
    requests: part.requests + 2 * sample.length,
    tokens: part.tokens === undefined ? undefined : 3 * part.tokens,
    cost: part.cost === undefined ? undefined : 3 * part.cost,
  };
}

/** Estimate of reranking, with the longest passages instead of the candidates, which are not known yet. */
function reranking({ rerank, costPerSearch }: Reranker, asked: readonly string[], passages: readonly Passage[]): Part {
  const longest = passages
    .toSorted((one, other) => lengthOf(other) - lengthOf(one))
    .slice(0, CANDIDATES)
    .map(rerankedText);
  const part = partOf(rerank.estimate(asked.map((query) => ({ query, documents: longest }))), "question", "to rerank");
  return costPerSearch === undefined ? part : { ...part, tokens: undefined, cost: asked.length * costPerSearch };
}

function lengthOf(passage: Passage): number {
  return embeddedText(passage).length + passage.code.length;
}
