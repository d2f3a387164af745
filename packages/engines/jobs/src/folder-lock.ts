import { link, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { JobStoreError } from "./errors.ts";

/** Who has a folder. */
interface Holder {
  readonly token: string;
  readonly pid: number;
  readonly host: string;
  /** It has let go. */
  readonly released?: boolean;
}

/** How often a holder shows that it is alive, and how long it may be silent, in milliseconds. */
const SIGN_MS = 10_000;
const SILENCE_MS = 60_000;
/** Tries, where others take the folder and leave it in the same moment. */
const TRIES = 20;

/** The locks of this process, by token. */
const held = new Set<string>();

/**
 * The right to write in a folder, for one process at a time. The lock of a process that was killed is taken over at once
 * on the same machine, and after a minute on another one that shares the folder.
 *
 * Locks are numbered files, and the highest number holds. Whoever takes a lock over makes the next number, which only
 * one can, and removes lower ones after that. A number that can be made again is thus never the highest.
 */
export class FolderLock {
  readonly #folder: string;
  readonly #holder: Holder;
  readonly #number: number;
  readonly #signs: NodeJS.Timeout;

  private constructor(folder: string, holder: Holder, number: number) {
    this.#folder = folder;
    this.#holder = holder;
    this.#number = number;
    this.#signs = setInterval(() => void this.#sign(), SIGN_MS);
    this.#signs.unref();
  }

  /** @throws JobStoreError where another process has it */
  static async take(folder: string): Promise<FolderLock> {
    const holder: Holder = { token: crypto.randomUUID(), pid: process.pid, host: hostname() };
    // Written first and linked then: nobody ever sees half a lock.
    const own = await writeAside(folder, holder);
    // Before it can be seen: others of this process would take it for an earlier one's.
    held.add(holder.token);
    try {
      for (let tries = 0; tries < TRIES; tries++) {
        const number = await takeNext(folder, own);
        if (number !== undefined) return new FolderLock(folder, holder, number);
      }
    } catch (error) {
      held.delete(holder.token);
      throw error;
    } finally {
      await rm(own, { force: true });
    }
    held.delete(holder.token);
    throw new JobStoreError("Other processes take the folder of jobs again and again. Give each its own folder.");
  }

  /** @throws JobStoreError where another process took it for left, such as while the machine slept */
  async verify(): Promise<void> {
    if (highest(await numbersIn(this.#folder)) === this.#number) return;
    throw new JobStoreError(
      "Another process has taken over the folder of jobs while this one stood still. Run the batch there, or end that process.",
    );
  }

  async release(): Promise<void> {
    clearInterval(this.#signs);
    held.delete(this.#holder.token);
    const mark = await writeAside(this.#folder, { ...this.#holder, released: true });
    await rename(mark, lockIn(this.#folder, this.#number));
  }

  async #sign(): Promise<void> {
    const now = new Date();
    // Where it is gone, `verify` says so before anything is written.
    await utimes(lockIn(this.#folder, this.#number), now, now).catch(() => undefined);
  }
}

/**
 * Makes the next lock. Undefined where another one was quicker.
 *
 * @throws JobStoreError where the highest one is held
 */
async function takeNext(folder: string, own: string): Promise<number | undefined> {
  const before = highest(await numbersIn(folder));
  const holder = before === 0 ? undefined : await read(folder, before);
  if (holder !== undefined && !(await isLeft(folder, before, holder))) throw inUse(holder);
  const number = before + 1;
  if (!(await linked(own, lockIn(folder, number)))) return undefined;
  const numbers = await numbersIn(folder);
  const isHighest = highest(numbers) === number;
  const useless = isHighest ? numbers.filter((each) => each < number) : [number];
  for (const each of useless) await rm(lockIn(folder, each), { force: true });
  return isHighest ? number : undefined;
}

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
  await writeFile(path, JSON.stringify(holder));
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

/** Undefined where it was taken over in the meantime. */
async function read(folder: string, number: number): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(lockIn(folder, number), "utf8")) as Holder;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function isLeft(folder: string, number: number, { token, pid, host, released }: Holder): Promise<boolean> {
  if (released === true) return true;
  if (host === hostname()) {
    // The same number as ours, and not ours: an earlier process had it.
    if (pid === process.pid ? !held.has(token) : !isAlive(pid)) return true;
  }
  const found = await stat(lockIn(folder, number)).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > SILENCE_MS;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Of another user, and alive.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function inUse({ pid, host }: Holder): JobStoreError {
  return new JobStoreError(
    `The folder of jobs is in use by process ${pid} on ${host}. Wait until that has ended, or give this one its own folder.`,
  );
}
