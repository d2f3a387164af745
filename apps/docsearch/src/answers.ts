import type { Console } from "./console.ts";
import type { Embedder } from "./embedder.ts";
import { evaluate } from "./evaluate.ts";
import type { Budget } from "./budget.ts";
import { planQuestions } from "./plan-questions.ts";
import { designQuestions } from "./design-questions.ts";
import { exampleQuestions, type Question, questions as evaluationQuestions } from "./questions.ts";
import type { Collected } from "./read-documents.ts";
import { reportAnswers, reportEvaluation, reportStrategies } from "./report.ts";
import { CANDIDATES, type Candidates, rerankHits, type Reranker } from "./reranker.ts";
import type { RunOptions } from "./run-options.ts";
import type { DocumentSearch } from "./search.ts";
import { endsRun, messageOf, throwIfStopped } from "./stops.ts";
import { compareStrategies, SAMPLE_SIZE, takeSample } from "./strategies.ts";
import { toUnitLength } from "./unit-length.ts";
import type { Update } from "./update-index.ts";
import { vectorSchema } from "./vector-schema.ts";

/** Search, embedder and reranker with which questions are answered. */
export interface AnswerContext {
  readonly search: DocumentSearch;
  readonly embedder: Embedder;
  readonly reranker: Reranker | undefined;
  readonly budget: Budget;
  readonly console: Console;
}

/** Answers the questions, one below the other. */
export async function answer(
  context: AnswerContext,
  { questions: asked, top, json }: Pick<RunOptions, "questions" | "top" | "json">,
): Promise<void> {
  const { console, reranker } = context;
  const found = await candidatesOf(context, asked, reranker === undefined ? top : Math.max(top, CANDIDATES));
  const isReranked = asked.map(() => false);
  let answers = found;
  if (reranker !== undefined) {
    const orders = await rerankHits(reranker, found, context.budget.batchOptions({ isPaid: true }));
    answers = found.map(({ question, hits }, index) => {
      const order = orders[index] ?? hits;
      isReranked[index] = !(order instanceof Error);
      return { question, hits: (order instanceof Error ? hits : order).slice(0, top) };
    });
    noteFailures(console, asked, orders, "is not reranked: its answers are in the order of the search");
  }
  if (json) {
    const shown = answers.map((each, index) =>
      reranker === undefined ? each : { ...each, reranked: isReranked[index] },
    );
    console.result(JSON.stringify(shown, undefined, 2));
    return;
  }
  for (const { question, hits } of answers) {
    console.result();
    reportAnswers(console, question, hits);
  }
}

/** Best documents for each question. Without a vector the search uses only its words, which is reported. */
async function candidatesOf(context: AnswerContext, asked: readonly string[], count: number): Promise<Candidates[]> {
  const { console, search, embedder } = context;
  const vectors = await embedQuestions(context, asked);
  noteFailures(console, asked, vectors, "could not be embedded: it is answered by its words alone");
  const noVector = new Float32Array(embedder.dimensions);
  return asked.map((question, index) => {
    const vector = vectors[index];
    const hits =
      vector instanceof Float32Array
        ? search.search(question, vector, count)
        : search.search(question, noVector, count, "keywords");
    return { question, hits };
  });
}

/**
 * Vector of each question, or the Error of its failure.
 *
 * @throws the error after which no question can be embedded; the reason of a stop by the user
 */
async function embedQuestions(
  { embedder, budget }: AnswerContext,
  asked: readonly string[],
): Promise<(Float32Array | Error)[]> {
  const options = budget.batchOptions(embedder);
  const schema = vectorSchema(embedder.dimensions);
  const slots = await embedder.questions.batch(asked, { ...options, schema, returnExceptions: true });
  throwIfStopped(slots, options);
  const end = slots.find(endsRun);
  if (end !== undefined) throw end;
  return slots.map((slot) => (slot instanceof Error ? slot : toUnitLength(slot)));
}

/** @throws the error of a question that cannot be embedded */
async function vectorsOf(context: AnswerContext, questions: readonly Question[]): Promise<Float32Array[]> {
  const slots = await embedQuestions(
    context,
    questions.map(({ question }) => question),
  );
  return slots.map((slot) => {
    if (slot instanceof Error) throw slot;
    return slot;
  });
}

/** Reports each question whose slot is an Error. */
function noteFailures(console: Console, asked: readonly string[], slots: readonly unknown[], outcome: string): void {
  for (const [index, slot] of slots.entries()) {
    if (!(slot instanceof Error)) continue;
    const which = asked.length === 1 ? "The question" : `Question ${index + 1}`;
    console.note(`${which} ${outcome}. ${messageOf(slot)}`);
  }
}

/** Measures the strategies and the search, answers example questions, and shows how to ask. */
export async function show(
  context: AnswerContext,
  { documents }: Collected,
  { ready }: Update,
  options: RunOptions,
): Promise<void> {
  const { console, search, embedder, budget } = context;
  if (planQuestions(options, embedder).compare) {
    console.result();
    const sample = takeSample(ready, SAMPLE_SIZE);
    reportStrategies(console, await compareStrategies(embedder.documents, sample, () => budget.batchOptions(embedder)));
  }
  if (options.ownDocuments) {
    if (options.evaluate) {
      console.result();
      const names = new Set(documents.map(({ name }) => name));
      const measure = async (questions: readonly Question[]) =>
        evaluate(search, questions, await vectorsOf(context, questions), names);
      reportEvaluation(console, await measure(evaluationQuestions), await measure(designQuestions));
    }
    await answer(context, { questions: exampleQuestions, top: 2, json: false });
  }
  console.result();
  console.result(`Ask your own:       ${console.bold('npm start -- "how do I stop retrying after an error?"')}`);
  console.result(`Search any folder:  ${console.bold('npm start -- --dir ~/notes "what did we decide?"')}`);
}
