import type { Estimate } from "@batchwise/core";
import type { Offline } from "@batchwise/jobs";
import { counted, dollars } from "@batchwise/terminal";
import type { Embedder, Reranker } from "./adapters.ts";
import { CANDIDATES } from "./answer.ts";
import type { Console } from "./console.ts";
import { type Passage, wholeText } from "./chunk.ts";

/** Part of a run that is charged: what it does, and its estimate, an upper bound without retries. */
export type Part = readonly [work: string, estimate: Partial<Pick<Estimate, "requests" | "tokens" | "cost">>];

/** Estimates texts to embed, live or by offline jobs; nothing for a model that is not paid. */
export async function estimateEmbedding(
  { documents, isPaid }: Embedder,
  texts: readonly string[],
  noun: string,
  jobs?: Offline<string, Float32Array>,
): Promise<Part[]> {
  if (!isPaid || texts.length === 0) return [];
  const work = `${counted(texts.length, noun)} to embed`;
  if (jobs === undefined) return [[work, documents.estimate(texts)]];
  const { jobs: number, tokens, cost, liveCost = 0 } = await jobs.estimateJobs(texts);
  return [[`${work} in ${counted(number, "offline job")}, instead of ${dollars(liveCost)} live`, { tokens, cost }]];
}

/** Estimates reranking, with the longest passages instead of the candidates, which are not known yet. */
export function estimateReranking(
  reranker: Reranker | undefined,
  questions: readonly string[],
  passages: readonly Passage[],
): Part[] {
  if (reranker?.isPaid !== true || questions.length === 0) return [];
  const texts = passages.map(wholeText).toSorted((one, other) => other.length - one.length);
  const documents = texts.slice(0, CANDIDATES);
  const { requests, cost } = reranker.rerank.estimate(questions.map((query) => ({ query, documents })));
  return [[`${counted(questions.length, "question")} to rerank`, { requests, cost }]];
}

/** Reports estimates, before anything is sent. @throws Error for an unknown price, which no cap can hold */
export function reportEstimate(console: Console, parts: readonly Part[], maxCost: number): void {
  for (const [index, [work, { requests, tokens, cost }]] of parts.entries()) {
    const calls = requests === undefined ? "" : `${counted(requests, "request")}, `;
    const most = tokens === undefined ? "" : `at most ${counted(tokens, "token")}, `;
    const price = cost === undefined ? "at a price that is not known here" : dollars(cost);
    console.step(index === 0 ? "Estimate" : "", `${work}: ${calls}${most}${price}`);
    if (cost === undefined && maxCost < Infinity)
      throw new Error("Expected a model with a known price for --max-cost, got one of an unknown price. Leave it out.");
  }
  const total = parts.reduce((sum, [, { cost = 0 }]) => sum + cost, 0);
  if (parts.length > 1 && total > 0) console.step("", `in all at most ${dollars(total)}, if nothing is sent twice`);
  if (total > maxCost) console.step("", `That may be more than --max-cost ${dollars(maxCost)}, at which it stops.`);
}
