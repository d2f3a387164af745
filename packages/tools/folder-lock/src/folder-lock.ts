import { link, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { hasEnded, held, type Holder, newHolder } from "./holder.ts";

/** Error for a folder that another process has. The message says which process, and what to do. */
export class FolderLockError extends Error {
  override readonly name = "FolderLockError";
  /** Process that has it, where it is known. */
  readonly holder: Pick<Holder, "pid" | "host"> | undefined;

  constructor(message: string, holder?: Pick<Holder, "pid" | "host">) {
    super(message);
    this.holder = holder && { pid: holder.pid, host: holder.host };
  }
}

/** Options of `FolderLock.take`. */
export interface FolderLockOptions {
  /** Called once when another process has taken the lock over, which is noticed within ten seconds. @default nothing */
  readonly onLost?: (() => void) | undefined;
}

/** Milliseconds between two signs of life, and the longest silence of a holder that is alive. */
const SIGN_MS = 10_000;
const SILENCE_MS = 60_000;
/** Tries, while others take the folder and leave it at the same moment. */
const TRIES = 20;

/**
 * The right to write in a folder, for one process at a time. The lock of a process that was killed is taken over at once
 * on the same machine, and after a minute on another one that shares the folder.
 *
 * Locks are numbered files, and the highest number holds. A process takes a lock over by making the next number, which
 * only one can, and then removes the lower ones. A number that can be made again is thus never the highest.
 */
export class FolderLock {
  readonly #folder: string;
  readonly #holder: Holder;
  readonly #number: number;
  #onLost: (() => void) | undefined;
  readonly #signs: NodeJS.Timeout;

  private constructor(folder: string, holder: Holder, number: number, onLost: (() => void) | undefined) {
    this.#folder = folder;
    this.#holder = holder;
    this.#number = number;
    this.#onLost = onLost;
    this.#signs = setInterval(() => void this.#sign(), SIGN_MS);
    this.#signs.unref();
  }

  /**
   * Takes the lock of a folder that is there.
   *
   * @throws FolderLockError where another process has it; the system's error where files cannot be made in it
   */
  static async take(folder: string, { onLost }: FolderLockOptions = {}): Promise<FolderLock> {
    const holder = newHolder();
    // Written first and linked then: no process ever sees half a lock.
    const own = await writeAside(folder, holder);
    // Before it can be seen: others of this process would take it for an earlier one's.
    held.add(holder.token);
    try {
      for (let tries = 0; tries < TRIES; tries++) {
        const number = await takeNext(folder, own);
        if (number !== undefined) return new FolderLock(folder, holder, number, onLost);
      }
    } catch (error) {
      held.delete(holder.token);
      throw error;
    } finally {
      await rm(own, { force: true });
    }
    held.delete(holder.token);
    throw new FolderLockError(
      `Expected the folder ${folder} to be free, got other processes that take it again and again. Give each its own folder.`,
    );
  }

  /** Makes sure that the lock is still this one's. @throws FolderLockError where it was taken for left, as while the machine slept */
  async verify(): Promise<void> {
    if (await this.#isOurs()) return;
    throw new FolderLockError(
      `Expected the folder ${this.#folder} to be this process's, got one that another has taken over while this one stood still. Stop one of the two.`,
    );
  }

  async release(): Promise<void> {
    clearInterval(this.#signs);
    held.delete(this.#holder.token);
    const mark = await writeAside(this.#folder, { ...this.#holder, released: true });
    await rename(mark, lockIn(this.#folder, this.#number));
  }

  /**
   * Lets go by removing the folder and all that is in it, and what is left of earlier ones. The folder is gone at once,
   * whole: another process that is about to take it gets the system's ENOENT, and makes it again.
   *
   * @throws FolderLockError where another process has taken the lock over
   */
  async discard(): Promise<void> {
    await this.verify();
    const removed = `${this.#folder}.${this.#holder.token}`;
    await rename(this.#folder, removed);
    clearInterval(this.#signs);
    held.delete(this.#holder.token);
    // What a process that was killed had begun to remove goes with it.
    for (const each of new Set([removed, ...(await discardedBeside(this.#folder))])) {
      // A file that another process was about to make in it may still come.
      await rm(each, { recursive: true, force: true, maxRetries: 10 });
    }
  }

  async #isOurs(): Promise<boolean> {
    return highest(await numbersIn(this.#folder)) === this.#number;
  }

  async #sign(): Promise<void> {
    const now = new Date();
    // Where it is gone, `verify` says so before anything is written.
    await utimes(lockIn(this.#folder, this.#number), now, now).catch(() => undefined);
    if (this.#onLost === undefined || (await this.#isOurs().catch(() => true))) return;
    clearInterval(this.#signs);
    // Once: another sign may be under way.
    const onLost = this.#onLost;
    this.#onLost = undefined;
    onLost?.();
  }
}

/**
 * Makes the next lock. Undefined where another one was quicker.
 *
 * @throws FolderLockError where the highest one is held
 */
async function takeNext(folder: string, own: string): Promise<number | undefined> {
  const before = highest(await numbersIn(folder));
  const holder = before === 0 ? undefined : await read(folder, before);
  if (holder !== undefined && !hasEnded(holder) && !(await isSilent(folder, before))) throw inUse(folder, holder);
  const number = before + 1;
  if (!(await linked(own, lockIn(folder, number)))) return undefined;
  const numbers = await numbersIn(folder);
  const isHighest = highest(numbers) === number;
  const useless = isHighest ? numbers.filter((each) => each < number) : [number];
  for (const each of useless) await rm(lockIn(folder, each), { force: true });
  return isHighest ? number : undefined;
}

/** Folders that were named for their removal. */
async function discardedBeside(folder: string): Promise<string[]> {
  const start = `${basename(folder)}.`;
  const names = await readdir(dirname(folder));
  const own = names.filter((name) => name.startsWith(start) && TOKEN.test(name.slice(start.length)));
  return own.map((name) => join(dirname(folder), name));
}

const TOKEN = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

function lockIn(folder: string, number: number): string {
  return join(folder, `lock-${number}`);
}

async function numbersIn(folder: string): Promise<number[]> {
  const names = await readdir(folder);
  return names.flatMap((name) => (/^lock-\d+$/.test(name) ? [Number(name.slice("lock-".length))] : []));
}

function highest(numbers: readonly number[]): number {
  return Math.max(0, ...numbers);
}

async function writeAside(folder: string, holder: Holder): Promise<string> {
  const path = join(folder, `aside-${crypto.randomUUID()}`);
  await writeFile(path, JSON.stringify(holder), { mode: 0o600 });
  return path;
}

async function linked(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Reads a lock's holder; undefined where it was taken over in the meantime. */
async function read(folder: string, number: number): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(lockIn(folder, number), "utf8")) as Holder;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function isSilent(folder: string, number: number): Promise<boolean> {
  const found = await stat(lockIn(folder, number)).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > SILENCE_MS;
}

function inUse(folder: string, holder: Holder): FolderLockError {
  const { pid, host } = holder;
  return new FolderLockError(
    `Expected the folder ${folder} to be free, got one in use by process ${pid} on ${host}. Wait until that has ended, or choose another folder.`,
    holder,
  );
}
