import type { Question } from "./questions.ts";
import type { DocumentSearch } from "../src/search.ts";

/** Rankings by their name, with the share of the meaning; the rest are the words. @default the search's own share */
const RANKINGS = { "keywords alone (BM25)": 0, "embeddings alone": 1, "both, which answers here": undefined };

/** Score of a ranking: how often it finds the file with the answer. */
interface Score {
  readonly ranking: string;
  /** Questions whose file was first. */
  readonly first: number;
  /** Questions whose file is among the first five. */
  readonly firstFive: number;
}

/** Outcome of an evaluation. */
export interface Evaluation {
  readonly asked: number;
  /** Files that are not among the searched documents; each counts as not found. */
  readonly missing: readonly string[];
  readonly scores: readonly Score[];
}

/** Asks each question in each way. `vectors` belong to `questions` one by one. */
export function evaluate(
  search: DocumentSearch,
  questions: readonly Question[],
  vectors: readonly Float32Array[],
  documents: ReadonlySet<string>,
): Evaluation {
  const scores = Object.entries(RANKINGS).map(([ranking, meaning]): Score => {
    const ranks = questions.map(({ question, document }, index) => {
      const vector = vectors[index];
      if (vector === undefined) throw new Error(`Expected ${questions.length} vectors, got ${vectors.length}.`);
      return search.rank(question, vector, meaning).findIndex(([name]) => name === document);
    });
    return {
      ranking,
      first: ranks.filter((rank) => rank === 0).length,
      firstFive: ranks.filter((rank) => rank >= 0 && rank < 5).length,
    };
  });
  const missing = questions.map(({ document }) => document).filter((document) => !documents.has(document));
  return { asked: questions.length, missing: [...new Set(missing)], scores };
}
