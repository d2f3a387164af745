import type { RunOptions, Surroundings } from "./app.ts";
import type { Embedder } from "./embedder.ts";
import { evaluate } from "./evaluate.ts";
import type { Collected } from "./prepare.ts";
import { exampleQuestions, questions } from "./questions.ts";
import { reportAnswers, reportEvaluation, reportStrategies } from "./report.ts";
import type { DocumentSearch } from "./search.ts";
import { compareStrategies, takeSample } from "./strategies.ts";
import type { Update } from "./update-index.ts";

/** Passages on which the strategies are measured: enough for several bulk requests, few enough for some ten seconds. */
const SAMPLE_SIZE = 1024;

/** Answers each question, one below the other. */
export async function answer(
  search: DocumentSearch,
  { embeddings }: Embedder,
  { questions: asked, top, json }: Pick<RunOptions, "questions" | "top" | "json">,
  { console, signal }: Surroundings,
): Promise<void> {
  const vectors = await embeddings.batch(asked, { signal });
  const answers = asked.map((question, index) => {
    const vector = vectors[index];
    return { question, hits: vector === undefined ? [] : search.search(question, vector, top) };
  });
  if (json) {
    console.result(JSON.stringify(answers, undefined, 2));
    return;
  }
  for (const { question, hits } of answers) {
    console.result();
    reportAnswers(console, question, hits);
  }
}

/** Measures the strategies and the search, answers a few questions, and says how to go on. */
export async function show(
  search: DocumentSearch,
  { documents }: Collected,
  { ready }: Update,
  embedder: Embedder,
  options: RunOptions,
  surroundings: Surroundings,
): Promise<void> {
  const { console, drain, signal } = surroundings;
  console.result();
  const sample = takeSample(ready, SAMPLE_SIZE);
  reportStrategies(console, await compareStrategies(embedder.embeddings, sample, { drain, signal }));
  if (options.ownDocuments) {
    if (options.evaluate) {
      const vectors = await embedder.embeddings.batch(
        questions.map(({ question }) => question),
        { drain, signal },
      );
      console.result();
      reportEvaluation(console, evaluate(search, questions, vectors, new Set(documents.map(({ name }) => name))));
    }
    await answer(search, embedder, { questions: exampleQuestions, top: 2, json: false }, surroundings);
  }
  console.result();
  console.result(`Ask your own:       ${console.bold('npm start -- "how do I stop retrying after an error?"')}`);
  console.result(`Search any folder:  ${console.bold('npm start -- --dir ~/notes "what did we decide?"')}`);
}
