import type { Question } from "./questions.ts";
import type { DocumentSearch, Ranking } from "./search.ts";

/** Score of a ranking: how often it finds the file with the answer. */
interface Score {
  readonly ranking: Ranking;
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

const RANKINGS: readonly Ranking[] = ["keywords", "embeddings", "both"];

/** Asks each question in each way. `vectors` belong to `questions` one by one. */
export function evaluate(
  search: DocumentSearch,
  questions: readonly Question[],
  vectors: readonly Float32Array[],
  documents: ReadonlySet<string>,
): Evaluation {
  const scores = RANKINGS.map((ranking): Score => {
    const ranks = questions.map(({ question, document }, index) => {
      const vector = vectors[index];
      if (vector === undefined) throw new Error(`Expected ${questions.length} vectors, got ${vectors.length}.`);
      return search.rank(question, vector, ranking).findIndex(([name]) => name === document);
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
