import { createHash } from "node:crypto";
import path from "node:path";
import type { Runnable } from "@batchwise/core";
import { createWorker, distribute, pgliteBackend, postgresBackend } from "@batchwise/queue";
import { counted } from "@batchwise/terminal";
import type { Embedder } from "./embedder.ts";
import type { Folders } from "./folders.ts";
import type { Workers } from "./run-options.ts";
import { WorkerProcesses } from "./worker-processes.ts";

/** Where workers are found, and whose name they know. */
export const QUEUE_NAME = "docsearch-documents";

/** Somebody waits at a terminal: a database that is not there is said soon, and one that restarts is waited for. */
const RECONNECT_MS = 10_000;

/** Documents that workers embed. */
export interface SharedDocuments {
  readonly runnable: Runnable<string, Float32Array>;
  /** Where they work, as a phrase. */
  readonly place: string;
  close(): Promise<void>;
}

/**
 * Documents through a queue that n workers draw on: processes of their own where the environment names a database that
 * they can share, and lanes of this process on an embedded one otherwise.
 *
 * @throws QueueDatabaseError where the database cannot be used; no worker is started then
 */
export async function sharedDocuments(
  { documents, identity }: Embedder,
  { count, databaseURL, embedding }: Workers,
  folders: Folders,
): Promise<SharedDocuments> {
  const version = versionOf(identity);
  if (databaseURL === undefined) {
    const backend = pgliteBackend({ dir: path.join(folders.index, "queue") });
    await backend.open();
    const worker = createWorker({ backend, runnables: { [QUEUE_NAME]: documents }, version, concurrency: count });
    // Whoever waits for a chunk is told; the queue's own end must not end the process.
    worker.ended.catch(() => undefined);
    return {
      runnable: distribute(documents, { backend, name: QUEUE_NAME, version }),
      place: `${counted(count, "lane")} in this process; set DATABASE_URL for processes of their own`,
      close: async () => {
        await worker.drain().catch(() => undefined);
        await backend.close();
      },
    };
  }
  const backend = postgresBackend({ url: databaseURL, reconnectMs: RECONNECT_MS });
  await backend.open();
  const processes = WorkerProcesses.start(count, { embedding, version, databaseURL });
  return {
    runnable: distribute(documents, { backend, name: QUEUE_NAME, version }),
    place: `${counted(count, "process", "processes")} on the database in DATABASE_URL`,
    close: async () => {
      await processes.stop();
      await backend.close();
    },
  };
}

/** Only workers with an embedder of the same identity may take the texts. */
function versionOf(identity: string): string {
  return createHash("sha256").update(identity).digest("hex").slice(0, 16);
}
