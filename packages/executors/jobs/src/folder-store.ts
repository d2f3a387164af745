import { type FileHandle, mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { FolderLock, FolderLockError } from "@batchwise/folder-lock";
import { JobStoreError } from "./errors.ts";
import type { JobStore, OpenJobStore } from "./store.ts";

/**
 * Store in a folder on disk, which is created if needed. One process at a time has it; a killed process's folder is taken
 * over at once. Every record is on the disk before anything depends on it.
 *
 * @param path the folder. Give each Runnable its own, and keep it where it survives a restart
 */
export function folderStore(path: string): JobStore {
  return {
    open: async () => {
      await attempt("opened", () => mkdir(path, { recursive: true }));
      const lock = await attempt("locked", () => FolderLock.take(path));
      try {
        return await attempt("read", () => JournalFile.open(path, lock));
      } catch (error) {
        await lock.release();
        throw error;
      }
    },
  };
}

const NEWLINE = 10;
/** Mode of files that only their owner reads and writes. */
const OWNERS = 0o600;

class JournalFile implements OpenJobStore {
  readonly records: readonly string[];
  readonly #folder: string;
  readonly #lock: FolderLock;
  #handle: FileHandle;
  /** Bytes of whole records: what follows them is overwritten. */
  #size: number;
  /** End of the last change: they are made one after another. */
  #turn: Promise<void> = Promise.resolve();

  private constructor(folder: string, lock: FolderLock, handle: FileHandle, content: Buffer) {
    this.#folder = folder;
    this.#lock = lock;
    this.#handle = handle;
    // A last line without its newline was being written when the process ended: nothing depends on it.
    this.#size = content.lastIndexOf(NEWLINE) + 1;
    this.records = content.subarray(0, this.#size).toString().split("\n").slice(0, -1);
  }

  static async open(folder: string, lock: FolderLock): Promise<JournalFile> {
    const path = journalIn(folder);
    const handle = await openOrMake(path);
    const content = await readFile(path);
    const file = new JournalFile(folder, lock, handle, content);
    if (file.#size < content.length) await handle.truncate(file.#size);
    return file;
  }

  append(record: string): Promise<void> {
    return this.#inTurn(() => attempt("written", () => this.#write(record)));
  }

  replace(records: readonly string[]): Promise<void> {
    return this.#inTurn(() => attempt("replaced", () => this.#rewrite(records)));
  }

  async close(): Promise<void> {
    await this.#inTurn(() => this.#handle.close());
    await this.#lock.release();
  }

  async #write(record: string): Promise<void> {
    await this.#lock.verify();
    const line = Buffer.from(`${record}\n`);
    try {
      await this.#handle.write(line, 0, line.length, this.#size);
      await this.#handle.datasync();
      this.#size += line.length;
    } catch (error) {
      // Half a line must not precede the next one.
      await this.#handle.truncate(this.#size).catch(() => undefined);
      throw error;
    }
  }

  /** Writes a new file in place of the old one. A crash leaves either of them whole. */
  async #rewrite(records: readonly string[]): Promise<void> {
    await this.#lock.verify();
    const content = Buffer.from(records.map((record) => `${record}\n`).join(""));
    const path = journalIn(this.#folder);
    const handle = await open(`${path}.new`, "w+", OWNERS);
    try {
      await handle.writeFile(content);
      await handle.datasync();
      await rename(`${path}.new`, path);
    } catch (error) {
      await handle.close();
      throw error;
    }
    await this.#handle.close();
    this.#handle = handle;
    this.#size = content.length;
    await syncFolder(this.#folder);
  }

  #inTurn(change: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(change);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

async function openOrMake(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r+");
  } catch (error) {
    // No other error: creating the file would empty one that is out of reach for a moment.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return open(path, "wx+", OWNERS);
    throw error;
  }
}

/** The journal's file in a store's folder. */
export function journalIn(folder: string): string {
  return join(folder, "journal.jsonl");
}

/** Syncs a folder, where the system can; the rename is atomic in any case. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, "r").catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

async function attempt<T>(done: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof FolderLockError) throw new JobStoreError(error.message, { cause: error });
    const { code = "an unknown error" } = error as NodeJS.ErrnoException;
    throw new JobStoreError(
      `Expected the journal of jobs to be ${done}, got ${code}. Jobs that are running go on: free space or give access to ` +
        "the folder, and run the same batch again to resume them.",
      { cause: error },
    );
  }
}
