import type { Embedder } from "./embedder.ts";
import { designQuestions } from "./design-questions.ts";
import { exampleQuestions, questions as evaluationQuestions } from "./questions.ts";
import type { RunOptions } from "./run-options.ts";

/** Questions of a run, once the index is up to date. */
export interface Planned {
  /** Questions that are embedded. */
  readonly embedded: readonly string[];
  /** Questions whose answers are reranked, with a reranker. */
  readonly reranked: readonly string[];
  /** True when the strategies are compared. */
  readonly compare: boolean;
}

/** Plans the questions of a run. The strategies of a paid embedder are compared only on request. */
export function planQuestions(
  { questions, ownDocuments, evaluate: isEvaluated, compare }: RunOptions,
  { isPaid }: Embedder,
): Planned {
  if (questions.length > 0) return { embedded: questions, reranked: questions, compare: false };
  const reranked = ownDocuments ? exampleQuestions : [];
  const evaluated =
    ownDocuments && isEvaluated ? [...evaluationQuestions, ...designQuestions].map(({ question }) => question) : [];
  return { embedded: [...evaluated, ...reranked], reranked, compare: compare ?? !isPaid };
}
