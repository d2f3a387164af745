import { count, counted, duration } from "@batchwise/terminal";
import { chunkDocument } from "./chunk.ts";
import { type Collection, collectDocuments } from "./collect.ts";
import type { Console } from "./console.ts";
import type { Passage } from "./passage.ts";
import { reportCollection } from "./report.ts";
import type { RunOptions } from "./run-options.ts";

/** Documents of a folder, in passages. */
export interface Collected extends Collection {
  readonly passages: readonly Passage[];
  /** Passages beyond the limit. */
  readonly beyond: readonly Passage[];
}

/** Finds and splits the documents, and reports them. */
export async function readDocuments({ folders, limit }: RunOptions, console: Console): Promise<Collected> {
  const start = performance.now();
  const collection = await collectDocuments(folders.documents);
  const collectedAt = performance.now();
  const all = collection.documents.flatMap((document) => chunkDocument(document));
  if (all.length === 0) {
    throw new Error(
      `Expected documentation in ${folders.documents}, got none among ${counted(collection.found, "text file")}. ` +
        "Choose another folder with --dir.",
    );
  }
  reportCollection(console, collection, collectedAt - start);
  const passages = all.slice(0, limit);
  const rest = all.length > passages.length ? `; ${count(all.length - passages.length)} more beyond --limit` : "";
  console.step("Passages", `${count(passages.length)} (${duration(performance.now() - collectedAt)})${rest}`);
  return { ...collection, passages, beyond: all.slice(passages.length) };
}
