import { count, duration } from "@batchwise/terminal";
import { answer, type AnswerContext, show } from "./answers.ts";
import type { Console } from "./console.ts";
import { Budget } from "./budget.ts";
import { bringUpToDate } from "./bring-up-to-date.ts";
import { readDocuments } from "./read-documents.ts";
import { reportUse } from "./report.ts";
import type { RunOptions, RunContext } from "./run-options.ts";
import { DocumentSearch } from "./search.ts";
import { messageOf } from "./stops.ts";
import type { Update } from "./update-index.ts";

/**
 * Updates the index, then answers the questions or shows examples.
 *
 * @returns false when the user stopped it before the end; what was embedded is kept
 * @throws Error when the run cannot continue; what was embedded is kept
 */
export async function run(options: RunOptions, context: RunContext): Promise<boolean> {
  const { console, reranker, drain, signal, clock } = context;
  const start = performance.now();
  const budget = new Budget({ drain, signal, clock, maxCost: options.maxCost });
  const opening = context.openEmbedder(
    (text) => console.step("Model", text),
    (embedder) => budget.batchOptions(embedder),
  );
  // Awaited below, after the documents are read; a failure until then must not end the process.
  opening.catch(() => undefined);
  try {
    const collected = await readDocuments(options, console);
    const embedder = await opening;
    console.step("Model", `${embedder.name}, ${embedder.dimensions} dimensions, ${embedder.place}`);
    const update = await bringUpToDate(collected, embedder, budget, options, context);
    if (update.stopped !== undefined) throw endedEarly(update, update.stopped);
    if (drain.aborted) return reportStop(console, update);

    const search = new DocumentSearch({
      ...collected,
      passages: update.ready,
      vectors: update.vectors,
      meaning: embedder.meaning,
    });
    console.step("Ready", `after ${duration(performance.now() - start)}`);
    const answering: AnswerContext = { search, embedder, reranker, budget, console };
    if (options.questions.length > 0) await answer(answering, options);
    else await show(answering, collected, update, options);
    return true;
  } catch (error) {
    if (!drain.aborted) throw error;
    console.note("Stopped. What was embedded is kept; the same command resumes from there.");
    return false;
  } finally {
    reportUse(console, budget);
    await opening.then((embedder) => embedder.close()).catch(() => undefined);
  }
}

function reportStop(console: Console, update: Update): false {
  console.note(`Stopped with ${progressOf(update)} The same command resumes from there.`);
  return false;
}

/** Error that ends the run, with its progress. */
function endedEarly(update: Update, reason: Error): Error {
  const kept =
    update.ready.length === 0 ? "" : ` Ended with ${progressOf(update)} The same command resumes from there.`;
  const message = `${messageOf(reason)}${kept}`;
  return new Error(message, { cause: reason });
}

function progressOf({ ready, pending }: Update): string {
  return `${count(ready.length)} of ${count(ready.length + pending)} passages ready and saved.`;
}
