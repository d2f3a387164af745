import { mkdir } from "node:fs/promises";
import { type Clock, sleep } from "@batchwise/core";
import { FolderLock, FolderLockError } from "@batchwise/folder-lock";

/** Milliseconds between two looks at a lock that another process has. */
const LOOK_MS = 500;

/** Clock and listeners for `takeLock`. */
export interface LockOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called once where another process has it. */
  readonly onWait: (holder: string) => void;
  /** Called where another process has taken it over, as while the machine slept. */
  readonly onLost: () => void;
}

/**
 * Makes a folder where there is none, and takes its lock: waits while another process has it. That of a process which
 * was killed is taken at once on this machine, and after a minute of silence from another one.
 *
 * @throws the system's error where the folder cannot be made; the signal's reason
 */
export async function takeLock(folder: string, { clock, signal, onWait, onLost }: LockOptions): Promise<FolderLock> {
  for (let hasSaid = false; ;) {
    await makeFolder(folder);
    try {
      return await FolderLock.take(folder, { onLost });
    } catch (error) {
      // ENOENT: the process before has finished, and removed its folder.
      if (!(error instanceof FolderLockError) && (error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      const { holder } = error as Partial<FolderLockError>;
      if (!hasSaid && holder !== undefined) {
        hasSaid = true;
        onWait(`process ${holder.pid} on ${holder.host}`);
      }
      if (holder !== undefined) await sleep(LOOK_MS, clock, signal);
    }
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
