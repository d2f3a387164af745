import type { RerankScore } from "@batchwise/core";
import type { Embedder, Reranker } from "./adapters.ts";
import type { Batches } from "./batches.ts";
import type { Console } from "./console.ts";
import { wholeText } from "./chunk.ts";
import type { DocumentSearch, Hit } from "./search.ts";

/** Models of a run, its batches, and its output. */
export interface Session {
  readonly embedder: Embedder;
  readonly reranker: Reranker | undefined;
  readonly batches: Batches;
  readonly console: Console;
}

/** Question with the documents that may answer it, best first. */
export interface Answer {
  readonly question: string;
  readonly hits: readonly Hit[];
  /** True when a reranker has put them into order; undefined without one. */
  readonly reranked?: boolean;
}

/** Documents of a question whose best passages are reranked. Cohere charges up to 100 as one search. */
export const CANDIDATES = 50;

/** Answers questions with the `top` best documents of each: embeds them, searches, and has the best reranked. */
export async function answer(
  session: Session,
  search: DocumentSearch,
  questions: readonly string[],
  top: number,
): Promise<Answer[]> {
  const { reranker } = session;
  const vectors = await embedQuestions(session, questions);
  noteFailures(session, vectors, "could not be embedded: it is answered by its words alone");
  const count = reranker === undefined ? top : Math.max(top, CANDIDATES);
  const found = questions.map((question, index): Answer => {
    const vector = vectors[index];
    return { question, hits: search.search(question, vector instanceof Error ? undefined : vector, count) };
  });
  return reranker === undefined ? found : rerank(session, reranker, found, top);
}

/** Vector of each question, or the Error of its failure. @throws the error that stops all; the reason of a stop by the user */
export async function embedQuestions(
  { embedder, batches }: Session,
  questions: readonly string[],
): Promise<readonly (Float32Array | Error)[]> {
  const { slots, stopped } = await batches.run(embedder.questions, questions, embedder.isPaid);
  batches.stops.drain.throwIfAborted();
  if (stopped !== undefined) throw stopped;
  return slots;
}

/** Puts the hits of each answer into the reranker's order. One that fails leaves the order of the search. */
async function rerank(session: Session, by: Reranker, found: readonly Answer[], top: number): Promise<Answer[]> {
  const texts = found.map(({ hits }) => hits.map(({ passage }) => wholeText(passage)));
  const inputs = found.map(({ question: query }, index) => ({ query, documents: texts[index] ?? [] }));
  const { slots } = await session.batches.run(by.rerank, inputs, by.isPaid);
  session.batches.stops.drain.throwIfAborted();
  const orders = slots.map((slot, index) => (slot instanceof Error ? slot : inOrder(found[index]?.hits ?? [], slot)));
  noteFailures(session, orders, "is not reranked: its answers are in the order of the search");
  return found.map(({ question, hits }, index) => {
    const order = orders[index];
    const reranked = Array.isArray(order);
    return { question, hits: (reranked ? order : hits).slice(0, top), reranked };
  });
}

/** Puts hits into the order of scores, which may cover only the best hits. An Error for scores of other documents. */
function inOrder(hits: readonly Hit[], scores: readonly RerankScore[]): Hit[] | Error {
  const ordered = scores.flatMap(({ index, score }) => (hits[index] === undefined ? [] : [{ ...hits[index], score }]));
  if (new Set(ordered.map(({ path }) => path)).size < scores.length)
    return new Error("Expected scores of these documents, one each, got something else.");
  return ordered.toSorted((one, other) => other.score - one.score);
}

/** Reports each question whose slot is an Error. */
function noteFailures({ console }: Session, slots: readonly unknown[], outcome: string): void {
  for (const [index, slot] of slots.entries()) {
    const which = slots.length === 1 ? "The question" : `Question ${index + 1}`;
    if (slot instanceof Error) console.note(`${which} ${outcome}. ${slot.message}`);
  }
}
