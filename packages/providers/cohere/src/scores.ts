import { wrongRows } from "./errors.ts";

/** A document's place in its list, and how well it answers. */
export interface Score {
  readonly index: number;
  readonly score: number;
}

/**
 * A response's scores: `expected` of them, each of another one of `documents` documents.
 *
 * @throws ResultError otherwise: which score is whose can't be told
 */
export function scoresIn(results: unknown, documents: number, expected: number): Score[] {
  if (!Array.isArray(results) || results.length !== expected) {
    throw wrongRows(`${expected} scores`, Array.isArray(results) ? String(results.length) : "none");
  }
  const seen = new Set<number>();
  return results.map((result: { index?: unknown; relevanceScore?: unknown } | null) => {
    const { index, relevanceScore: score } = result ?? {};
    if (typeof index !== "number" || !Number.isInteger(index) || index < 0 || index >= documents) {
      throw wrongRows(`an index from 0 to ${documents - 1} with each score`, "another one");
    }
    if (seen.has(index)) throw wrongRows("one score for a document", `two for document ${index}`);
    if (typeof score !== "number" || !Number.isFinite(score))
      throw wrongRows("a finite number as a score", "something else");
    seen.add(index);
    return { index, score };
  });
}
