import { hostname } from "node:os";

/** Process that has a folder. */
export interface Holder {
  readonly token: string;
  readonly pid: number;
  readonly host: string;
  /** Start of the process, in milliseconds since 1970. */
  readonly startedAt?: number;
  /** True once it has let go. */
  readonly released?: boolean;
}

/** Most that two threads of a process may differ in its start, in milliseconds. */
const SAME_START_MS = 500;

/** Tokens of this thread's locks. */
export const held: Set<string> = new Set();

export function newHolder(): Holder {
  return { token: crypto.randomUUID(), pid: process.pid, host: hostname(), startedAt: startOfProcess() };
}

/** True where the holder has let go or is known to have ended. One on another machine is judged by its silence alone. */
export function hasEnded({ token, pid, host, startedAt, released }: Holder): boolean {
  if (released === true) return true;
  if (host !== hostname()) return false;
  if (pid !== process.pid) return !isAlive(pid);
  // The same number as ours: this thread, another thread of this process, or an earlier process.
  return !held.has(token) && (startedAt === undefined || Math.abs(startedAt - startOfProcess()) > SAME_START_MS);
}

function startOfProcess(): number {
  return Date.now() - process.uptime() * 1000;
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
