import { readFile } from "node:fs/promises";
import { JobStoreError } from "./errors.ts";
import { journalIn } from "./folder-store.ts";
import { Journal } from "./journal.ts";

/** Job in a journal. */
export interface NotedJob {
  /** Name by which the provider finds it, besides its id. */
  readonly tag: string;
  /** The provider's id; undefined where it is not known whether it was created. */
  readonly id: string | undefined;
}

/**
 * Jobs of a `folderStore` that are not done, in the order of their creation. A process that has the folder is not
 * disturbed.
 *
 * @throws JobStoreError for a folder without a journal, or one that cannot be read
 */
export async function listJobs(path: string): Promise<NotedJob[]> {
  let text: string;
  try {
    text = await readFile(journalIn(path), "utf8");
  } catch (cause) {
    const { code = "an error" } = cause as NodeJS.ErrnoException;
    const got = code === "ENOENT" ? "none" : code;
    throw new JobStoreError(`Expected a journal of jobs in ${path}, got ${got}. Give the folder of --jobs.`, { cause });
  }
  // What follows the last newline is being written.
  const records = text.split("\n").slice(0, -1);
  const store = { records, append: nothing, replace: nothing, close: nothing };
  const { entries } = await Journal.open({ open: () => Promise.resolve(store) });
  return entries.map(({ tag, id }) => ({ tag, id }));
}

function nothing(): Promise<void> {
  return Promise.resolve();
}
