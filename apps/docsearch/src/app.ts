import { count, duration } from "@batchwise/terminal";
import { answer, type Desk, show } from "./answers.ts";
import type { Console } from "./console.ts";
import { Ledger } from "./ledger.ts";
import { bringUpToDate } from "./bring-up-to-date.ts";
import { readDocuments } from "./read-documents.ts";
import { reportUse } from "./report.ts";
import type { RunOptions, Surroundings } from "./run-options.ts";
import { DocumentSearch } from "./search.ts";
import { messageOf } from "./stops.ts";
import type { Update } from "./update-index.ts";

/**
 * Brings the index up to date and answers, or shows what there is.
 *
 * @returns false when a stop was asked for before the end; what was embedded is kept then
 * @throws Error when the run cannot go on; what was embedded is kept then too
 */
export async function run(options: RunOptions, surroundings: Surroundings): Promise<boolean> {
  const { console, reranker, drain, signal, clock } = surroundings;
  const start = performance.now();
  const ledger = new Ledger({ drain, signal, clock, maxCost: options.maxCost });
  const opening = surroundings.openEmbedder(
    (text) => console.step("Model", text),
    (embedder) => ledger.batchOptions(embedder),
  );
  // Awaited below, after the documents are read; a failure until then must not end the process.
  opening.catch(() => undefined);
  try {
    const collected = await readDocuments(options, console);
    const embedder = await opening;
    console.step("Model", `${embedder.name}, ${embedder.dimensions} dimensions, ${embedder.place}`);
    const update = await bringUpToDate(collected, embedder, ledger, options, surroundings);
    if (update.stopped !== undefined) throw endedEarly(update, update.stopped);
    if (drain.aborted) return reportStop(console, update);

    const search = new DocumentSearch({
      ...collected,
      passages: update.ready,
      vectors: update.vectors,
    });
    console.step("Ready", `after ${duration(performance.now() - start)}`);
    const desk: Desk = { search, embedder, reranker, ledger, console };
    if (options.questions.length > 0) await answer(desk, options);
    else await show(desk, collected, update, options);
    return true;
  } catch (error) {
    if (!drain.aborted) throw error;
    console.note("Stopped. What was embedded is kept; the same command goes on from there.");
    return false;
  } finally {
    reportUse(console, ledger);
    await opening.then((embedder) => embedder.close()).catch(() => undefined);
  }
}

function reportStop(console: Console, update: Update): false {
  console.note(`Stopped with ${standing(update)} The same command goes on from there.`);
  return false;
}

/** Why the run ends, and where it stands. */
function endedEarly(update: Update, reason: Error): Error {
  const kept = update.ready.length === 0 ? "" : ` Ended with ${standing(update)} The same command goes on from there.`;
  return new Error(`${messageOf(reason)}${kept}`, { cause: reason });
}

function standing({ ready, pending }: Update): string {
  return `${count(ready.length)} of ${count(ready.length + pending)} passages ready and saved.`;
}
