import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ArgumentError } from "@batchwise/core";
import { lock } from "proper-lockfile";
import { QueueDatabaseError } from "../errors.ts";
import { PgliteDatabase } from "./pglite-database.ts";
import { QueueEngine, type QueueEngineOptions, type Session } from "./queue-engine.ts";

/** Options of `pgliteEngine`. */
export interface PgliteEngineOptions extends QueueEngineOptions {
  /** Folder of the database, made where there is none. @default in memory: nothing is kept */
  readonly dir?: string;
}

/** After how many milliseconds without a sign of life a lock counts as left behind. */
const STALE_MS = 10_000;
/** How often such a lock is looked at again. */
const AGAIN_MS = 500;

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
  let unlock: (() => Promise<void>) | undefined;
  return new QueueEngine(
    {
      backend: "pglite",
      async open() {
        if (dir === undefined) return PgliteDatabase.open(undefined);
        await mkdir(dir, { recursive: true });
        unlock = await lockFolder(dir);
        try {
          return await PgliteDatabase.open(join(dir, "pglite"));
        } catch (error) {
          await unlock();
          throw error;
        }
      },
      prepare: requeueActive,
      async release() {
        await unlock?.().catch(() => undefined);
      },
    },
    options,
  );
}

/** Two processes on one folder would both seem to work, and lose each other's tables. */
async function lockFolder(dir: string): Promise<() => Promise<void>> {
  const owner = join(dir, "owner");
  const take = (retries: number): Promise<() => Promise<void>> =>
    lock(dir, {
      lockfilePath: join(dir, "lock"),
      stale: STALE_MS,
      retries: { retries, minTimeout: AGAIN_MS, maxTimeout: AGAIN_MS },
      onCompromised: () =>
        process.emitWarning(
          "Another process has taken over the lock of this process's queue folder: it stood still for too long. Stop one of the two.",
          "BatchwiseWarning",
        ),
    });
  try {
    // A lock whose owner was killed is free once it is stale.
    const unlock = await take(0).catch(async (error: unknown) => {
      if (isLocked(error) && !(await isAlive(owner))) return take(STALE_MS / AGAIN_MS + 4);
      throw error;
    });
    await writeFile(owner, String(process.pid));
    return unlock;
  } catch (error) {
    if (!isLocked(error)) throw error;
    throw new QueueDatabaseError(
      `The folder ${dir} is in use by another process. Wait until that one ends, choose another folder, or use ` +
        "postgresEngine, which many processes may share.",
    );
  }
}

function isLocked(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ELOCKED";
}

/** Whether the process whose number is in the file is there. */
async function isAlive(file: string): Promise<boolean> {
  const pid = Number(await readFile(file, "utf8").catch(() => undefined));
  if (!Number.isSafeInteger(pid) || pid <= 0) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Nobody else has this folder open: whoever worked on these jobs is gone. */
async function requeueActive({ database, bossSchema }: Session): Promise<void> {
  await database.query(`UPDATE ${bossSchema}.job SET state = 'retry' WHERE state = 'active'`);
}
