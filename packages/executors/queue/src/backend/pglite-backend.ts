import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { FolderLock, FolderLockError } from "@batchwise/folder-lock";
import { QueueDatabaseError } from "../errors.ts";
import { optionError, requireOptions } from "../option-error.ts";
import { PgliteDatabase } from "./pglite-database.ts";
import { BACKEND_OPTIONS, QueueBackend, type QueueBackendOptions, type Session } from "./queue-backend.ts";

/** Options of `pgliteBackend`. */
export interface PgliteBackendOptions extends QueueBackendOptions {
  /** Folder of the database, created if needed. @default in memory: nothing is kept */
  readonly dir?: string;
}

/**
 * Makes a queue within this process, with nothing to install: submitters and workers share one PGlite, whose `dir`
 * survives a crash. One process at a time may open a folder. For several processes, use `postgresBackend`.
 *
 * @throws ArgumentError for a `dir` that is not a path.
 *
 * @example
 * await using backend = pgliteBackend({ dir: "./queue" });
 */
export function pgliteBackend(options: PgliteBackendOptions = {}): QueueBackend {
  requireOptions("pgliteBackend", options, ["dir", ...BACKEND_OPTIONS]);
  const { dir, ...rest } = options;
  if (dir !== undefined && (typeof dir !== "string" || dir === "")) {
    throw optionError("dir", "the path of a folder, or undefined for a database in memory", dir);
  }
  let lock: FolderLock | undefined;
  return new QueueBackend(
    {
      kind: "pglite",
      async open() {
        if (dir === undefined) return PgliteDatabase.open(undefined);
        await mkdir(dir, { recursive: true }).catch((cause: unknown) => {
          throw cannotMake(cause);
        });
        lock = await lockFolder(dir);
        try {
          return await PgliteDatabase.open(join(dir, DATABASE));
        } catch (cause) {
          await lock.release();
          throw damaged(cause);
        }
      },
      prepare: requeueActive,
      async release() {
        await lock?.release().catch(() => undefined);
      },
    },
    rest,
  );
}

/** Folder of the database, within `dir`. */
export const DATABASE = "pglite";

function cannotMake(cause: unknown): QueueDatabaseError {
  const { code = "" } = cause as NodeJS.ErrnoException;
  const isFile = code === "EEXIST" || code === "ENOTDIR";
  const got = isFile ? "a file in its path where a folder should be" : `an error (${code})`;
  const advice = isFile ? "Give another `dir`" : "Give a `dir` that this user may write to, on a disk with room";
  const message = `Expected the queue's folder to be there or to be made, got ${got}. ${advice}.`;
  return new QueueDatabaseError(message, { cause, code: "invalid_argument" });
}

/** Error of a database that does not open. It has no code, as an outage has none; it does not pass. */
function damaged(cause: unknown): QueueDatabaseError {
  return new QueueDatabaseError(
    "Expected the queue's folder to hold a whole database of PGlite, got one that does not open; the reason is in `cause`. " +
      "Put a copy of the folder back. Where there is none, delete it: submitters that run again send their inputs again.",
    { cause, code: "invalid_argument" },
  );
}

/** Locks the folder: two processes on one would both seem to work, and lose each other's tables. */
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
    const message = `${error.message} Several processes can share a queue by postgresBackend.`;
    throw new QueueDatabaseError(message, { cause: error });
  }
}

/** Requeues jobs that were worked on: no other process has this folder open, so their worker is gone. */
async function requeueActive({ database, bossSchema }: Session): Promise<void> {
  await database.query(`UPDATE ${bossSchema}.job SET state = 'retry' WHERE state = 'active'`);
}
