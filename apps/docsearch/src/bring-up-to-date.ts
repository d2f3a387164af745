import { readdir, rm } from "node:fs/promises";
import path from "node:path";
import { count, counted, duration } from "@batchwise/terminal";
import type { Console } from "./console.ts";
import { openDocuments } from "./documents.ts";
import type { Embedder } from "./embedder.ts";
import { estimateRun } from "./estimate.ts";
import { IndexStore } from "./index-store.ts";
import type { Budget } from "./budget.ts";
import { embeddedText, textKey } from "./passage.ts";
import { planQuestions } from "./plan-questions.ts";
import type { Collected } from "./read-documents.ts";
import { reportEstimate, reportFailures } from "./report.ts";
import type { RunOptions, RunContext } from "./run-options.ts";
import { type Update, updateIndex } from "./update-index.ts";

/** Embeds and reports what the index does not hold yet. A stop keeps what was embedded. */
export async function bringUpToDate(
  { passages, beyond }: Collected,
  embedder: Embedder,
  budget: Budget,
  options: RunOptions,
  { console, reranker, drain }: RunContext,
): Promise<Update> {
  const start = performance.now();
  const { folders } = options;
  const folder = path.join(folders.index, embedder.identity);
  if (options.rebuild) await rm(folder, { recursive: true, force: true });
  const others = await otherIndexes(folders.index, embedder.identity);
  const store = await IndexStore.open(folder, { embedder: embedder.identity, dimensions: embedder.dimensions });
  if (store.damaged > 0)
    console.step("Index", `${counted(store.damaged, "damaged file")} dropped; its texts are embedded again`);
  if (store.size === 0 && others > 0) {
    console.step(
      "Index",
      `none by ${embedder.name} yet: it is built beside ${counted(others, "index", "indexes")} by other models`,
    );
  }

  const texts = new Map(
    passages.map((passage) => {
      const text = embeddedText(passage);
      return [textKey(text), text];
    }),
  );
  const toEmbed = [...texts].filter(([key]) => store.vector(key) === undefined).map(([, text]) => text);
  const missing = toEmbed.length;
  const planned = planQuestions(options, embedder);
  reportEstimate(console, estimateRun({ missing: toEmbed, passages, planned, embedder, reranker }), options.maxCost);
  // No workers are started for nothing.
  const workers = missing === 0 ? undefined : options.workers;
  const documents = await openDocuments(embedder, { ...options, workers }, console);
  let onProgress: Awaited<ReturnType<Console["startProgress"]>> | undefined;
  const announceStop = (): void => {
    console.endProgress();
    console.note("Stopping: finishing what is in flight. Ctrl-C again stops at once.");
  };
  drain.addEventListener("abort", announceStop, { once: true });
  let update: Update;
  try {
    await documents.announce(toEmbed, budget.left);
    // A job has no visible progress until it ends.
    if (missing > 0 && options.offline !== true) onProgress = await console.startProgress(missing);
    update = await updateIndex(passages, documents.runnable, store, {
      ...budget.batchOptions(embedder),
      ...(onProgress && { onProgress }),
    });
  } finally {
    console.endProgress();
    await documents.close();
    drain.removeEventListener("abort", announceStop);
  }
  documents.report();
  if (update.pending === 0)
    await store.compact(new Set([...texts.keys(), ...beyond.map((each) => textKey(embeddedText(each)))]));
  reportUpdate(console, update, missing, performance.now() - start, folders.index);
  return update;
}

/** Number of other embedders' indexes in `folder`. */
async function otherIndexes(folder: string, identity: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory() && entry.name !== identity).map(({ name }) => name);
  const files = await Promise.all(names.map((name) => readdir(path.join(folder, name)).catch(() => [])));
  return files.filter((each) => each.some((file) => file.endsWith(".arrow"))).length;
}

function reportUpdate(console: Console, update: Update, missing: number, milliseconds: number, index: string): void {
  const shown = path.relative(process.cwd(), index);
  const where = shown.startsWith("..") ? index : shown;
  if (missing === 0) {
    console.step("Index", `${where}, nothing new (${duration(milliseconds)})`);
  } else if (update.embedded > 0) {
    const rate = count((update.embedded * 1000) / milliseconds);
    console.step(
      "Index",
      `${counted(update.embedded, "text")} embedded in ${duration(milliseconds)}, ${rate}/s; kept in ${where}`,
    );
  }
  reportFailures(console, update.failed);
  if (update.ready.length === 0 && update.pending === 0) {
    throw new Error(
      `Expected vectors for ${counted(update.failed.length, "passage")}, got a refusal of each: ` +
        (update.failed[0]?.reason.message ?? "it has no reason"),
    );
  }
}
