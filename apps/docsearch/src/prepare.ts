import { rm } from "node:fs/promises";
import path from "node:path";
import type { RunOptions, Surroundings } from "./app.ts";
import { chunkDocument } from "./chunk.ts";
import { type Collection, collectDocuments } from "./collect.ts";
import type { Console } from "./console.ts";
import type { Embedder } from "./embedder.ts";
import { count, counted, duration } from "./format.ts";
import { IndexStore } from "./index-store.ts";
import { embeddedText, type Passage, textKey } from "./passage.ts";
import { reportCollection, reportFailures } from "./report.ts";
import { type Update, updateIndex } from "./update-index.ts";

/** The documents of a folder, in passages. */
export interface Collected extends Collection {
  readonly passages: readonly Passage[];
  /** Passages beyond the limit. */
  readonly beyond: readonly Passage[];
}

/** Finds the documents, splits them, and says what there is. */
export async function readDocuments({ folders, limit }: RunOptions, console: Console): Promise<Collected> {
  const start = performance.now();
  const collection = await collectDocuments(folders.documents);
  const collectedAt = performance.now();
  const all = collection.documents.flatMap((document) => chunkDocument(document));
  if (all.length === 0) {
    throw new Error(
      `Expected documentation in ${folders.documents}, but found none among ${counted(collection.found, "text file")}. ` +
        "Choose another folder with --dir.",
    );
  }
  reportCollection(console, collection, collectedAt - start);
  const passages = all.slice(0, limit);
  const rest = all.length > limit ? `; ${count(all.length - limit)} more beyond --limit` : "";
  console.step("Passages", `${count(passages.length)} (${duration(performance.now() - collectedAt)})${rest}`);
  return { ...collection, passages, beyond: all.slice(limit) };
}

/** Embeds what the index does not hold yet, and says how it went. What was embedded stays when a stop is asked for. */
export async function bringUpToDate(
  { passages, beyond }: Collected,
  embedder: Embedder,
  { folders, rebuild }: RunOptions,
  { console, drain, signal }: Surroundings,
): Promise<Update> {
  const start = performance.now();
  const folder = path.join(folders.index, embedder.name.replaceAll(/[^\w.-]+/g, "-"));
  if (rebuild) await rm(folder, { recursive: true, force: true });
  const store = await IndexStore.open(folder, embedder.dimensions);
  if (store.damaged > 0)
    console.step("Index", `${counted(store.damaged, "damaged file")} dropped; its texts are embedded again`);

  const keys = passages.map((passage) => textKey(embeddedText(passage)));
  const missing = new Set(keys.filter((key) => store.vector(key) === undefined)).size;
  const onProgress = missing > 0 ? console.startProgress(missing) : undefined;
  const announceStop = (): void => {
    console.endProgress();
    console.note("Stopping: finishing what is in flight. Ctrl-C again stops at once.");
  };
  drain.addEventListener("abort", announceStop, { once: true });
  let update: Update;
  try {
    update = await updateIndex(passages, embedder.embeddings, store, {
      drain,
      signal,
      ...(onProgress && { onProgress }),
    });
  } finally {
    console.endProgress();
    drain.removeEventListener("abort", announceStop);
  }
  if (update.pending === 0)
    await store.compact(new Set([...keys, ...beyond.map((each) => textKey(embeddedText(each)))]));
  reportUpdate(console, update, missing, performance.now() - start, folders.index);
  return update;
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
      `Expected vectors for ${counted(update.failed.length, "passage")}, but the model refused each: ` +
        (update.failed[0]?.reason.message ?? "it gave no reason"),
    );
  }
}
