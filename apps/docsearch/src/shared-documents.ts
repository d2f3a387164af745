import { createHash } from "node:crypto";
import path from "node:path";
import type { Runnable } from "@batchwise/core";
import { createWorker, distribute, pgliteBackend, postgresBackend } from "@batchwise/queue";
import { counted } from "@batchwise/terminal";
import type { Embedder } from "./embedder.ts";
import type { Folders } from "./folders.ts";
import type { Workers } from "./run-options.ts";
import { WorkerProcesses } from "./worker-processes.ts";

/** Name of the queue of the workers. */
export const QUEUE_NAME = "docsearch-documents";

/** Time to wait for a database that restarts: short, because the user waits at a terminal. */
const RECONNECT_MS = 10_000;

/** Documents that workers embed. */
export interface SharedDocuments {
  readonly runnable: Runnable<string, Float32Array>;
  /** Place of the workers, as a phrase. */
  readonly place: string;
  close(): Promise<void>;
}

/**
 * Opens documents that n workers embed through a queue: processes if the environment names a database for them to share,
 * else workers in this process on an embedded one.
 *
 * @throws QueueDatabaseError when the database cannot be used; no worker is started then
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
    // The batch reports the failure; the end of the worker must not end the process.
    worker.ended.catch(() => undefined);
    return {
      runnable: distribute(documents, { backend, name: QUEUE_NAME, version }),
      place: `${counted(count, "worker")} in this process; set DATABASE_URL for separate processes`,
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

/** Version of the queue's work: only workers with an embedder of the same identity take it. */
function versionOf(identity: string): string {
  return createHash("sha256").update(identity).digest("hex").slice(0, 16);
}
