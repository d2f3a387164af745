import { answer, show } from "./answers.ts";
import type { Console } from "./console.ts";
import type { Embedder } from "./embedder.ts";
import type { Folders } from "./folders.ts";
import { count, duration } from "./format.ts";
import { bringUpToDate, readDocuments } from "./prepare.ts";
import { DocumentSearch } from "./search.ts";
import type { Update } from "./update-index.ts";

/** What one run is to do. */
export interface RunOptions {
  readonly folders: Folders;
  /** Whether `folders.documents` is the project's own node_modules, which the built-in questions are about. */
  readonly ownDocuments: boolean;
  /** Questions to answer; with none, the run shows what it can do. */
  readonly questions: readonly string[];
  /** Passages to search at most. */
  readonly limit: number;
  /** Documents shown for a question. */
  readonly top: number;
  readonly evaluate: boolean;
  /** Forgets what was embedded before. */
  readonly rebuild: boolean;
  /** Answers as JSON. */
  readonly json: boolean;
}

/** What a run needs of its surroundings. */
export interface Surroundings {
  readonly console: Console;
  readonly openEmbedder: (onConvert: () => void) => Promise<Embedder>;
  /** Aborted: finish what is in flight, save it, and stop. */
  readonly drain: AbortSignal;
  /** Aborted: stop at once. */
  readonly signal: AbortSignal;
}

/**
 * Brings the index up to date and answers, or shows what there is.
 *
 * @returns false when a stop was asked for before the end; what was embedded is kept then
 */
export async function run(options: RunOptions, surroundings: Surroundings): Promise<boolean> {
  const { console, drain } = surroundings;
  const start = performance.now();
  const opening = surroundings.openEmbedder(() =>
    console.step("Model", "converting the weights, once on this machine"),
  );
  // Awaited below, after the documents are read; a failure until then must not end the process.
  opening.catch(() => undefined);
  try {
    const collected = await readDocuments(options, console);
    const embedder = await opening;
    console.step("Model", `${embedder.name}, ${embedder.dimensions} dimensions, ${embedder.place}`);
    const update = await bringUpToDate(collected, embedder, options, surroundings);
    if (drain.aborted) return reportStop(console, update);

    const search = new DocumentSearch({
      ...collected,
      passages: update.ready,
      vectors: update.vectors,
    });
    console.step("Ready", `after ${duration(performance.now() - start)}`);
    if (options.questions.length > 0) await answer(search, embedder, options, surroundings);
    else await show(search, collected, update, embedder, options, surroundings);
    return true;
  } catch (error) {
    if (!drain.aborted) throw error;
    console.note("Stopped. What was embedded is kept; the same command goes on from there.");
    return false;
  } finally {
    await opening.then((embedder) => embedder.close()).catch(() => undefined);
  }
}

function reportStop(console: Console, { ready, pending }: Update): false {
  console.note(
    `Stopped with ${count(ready.length)} of ${count(ready.length + pending)} passages ready and saved. ` +
      "The same command goes on from there.",
  );
  return false;
}
