import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { ArgumentError } from "@batchwise/core";
import { FolderLock, FolderLockError } from "@batchwise/folder-lock";
import { QueueDatabaseError } from "../errors.ts";
import { PgliteDatabase } from "./pglite-database.ts";
import { QueueEngine, type QueueEngineOptions, type Session } from "./queue-engine.ts";

/** Options of `pgliteEngine`. */
export interface PgliteEngineOptions extends QueueEngineOptions {
  /** Folder of the database, made where there is none. @default in memory: nothing is kept */
  readonly dir?: string;
}

/**
 * A queue within this process, nothing to install: submitters and workers share one PGlite, and what is in `dir` is
 * still there after a crash. One process at a time may open a folder. For several processes, take `postgresEngine`.
 *
 * @throws ArgumentError for a `dir` that is no path.
 *
 * @example
 * await using engine = pgliteEngine({ dir: "./queue" });
 */
export function pgliteEngine({ dir, ...options }: PgliteEngineOptions = {}): QueueEngine {
  if (dir !== undefined && (typeof dir !== "string" || dir === "")) {
    throw new ArgumentError("dir: expected the path of a folder, or nothing for a database in memory.");
  }
  let lock: FolderLock | undefined;
  return new QueueEngine(
    {
      backend: "pglite",
      async open() {
        if (dir === undefined) return PgliteDatabase.open(undefined);
        await mkdir(dir, { recursive: true });
        lock = await lockFolder(dir);
        try {
          return await PgliteDatabase.open(join(dir, "pglite"));
        } catch (error) {
          await lock.release();
          throw error;
        }
      },
      prepare: requeueActive,
      async release() {
        await lock?.release().catch(() => undefined);
      },
    },
    options,
  );
}

/** Two processes on one folder would both seem to work, and lose each other's tables. */
async function lockFolder(dir: string): Promise<FolderLock> {
  try {
    return await FolderLock.take(dir, {
      onLost: () =>
        process.emitWarning(
          "Another process has taken over the lock of this process's queue folder: it stood still for too long. Stop one of the two.",
          "BatchwiseWarning",
        ),
    });
  } catch (error) {
    if (!(error instanceof FolderLockError)) throw error;
    throw new QueueDatabaseError(`${error.message} Many processes may share a queue by postgresEngine.`, {
      cause: error,
    });
  }
}

/** Nobody else has this folder open: whoever worked on these jobs is gone. */
async function requeueActive({ database, bossSchema }: Session): Promise<void> {
  await database.query(`UPDATE ${bossSchema}.job SET state = 'retry' WHERE state = 'active'`);
}
