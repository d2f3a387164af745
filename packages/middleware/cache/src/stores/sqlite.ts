import { ArgumentError } from "@batchwise/core";
import type { DatabaseSync } from "node:sqlite";

/**
 * Opens a database of Node's own SQLite, which is loaded then: another store needs none.
 *
 * @throws ArgumentError where this Node has none
 */
export function openDatabase(path: string): DatabaseSync {
  const sqlite = process.getBuiltinModule("node:sqlite") as typeof import("node:sqlite") | undefined;
  if (sqlite === undefined) {
    throw new ArgumentError(
      `Expected Node 22.13 or newer, which has node:sqlite, got ${process.version}. ` +
        "Use a newer Node, or give withCache another `store` than fileStore.",
    );
  }
  return new sqlite.DatabaseSync(path);
}

/** Advice by SQLite's primary result codes (https://www.sqlite.org/rescode.html). */
const ADVICE: ReadonlyMap<number, string> = new Map([
  [5, "Another process keeps it locked: let that one finish."],
  [8, "It can't be written to: see to its permissions, or choose another path."],
  [10, "The disk failed: see to it, or choose another path."],
  [11, "The file is damaged: delete it, or give another path. What it held will be paid again."],
  [13, "The disk is full, or the file may grow no further: make room."],
  [14, "It can't be opened: see to the permissions of its folder, or choose another path."],
  [26, "The file is not an SQLite database: delete it, or give another path."],
]);
const BUSY = 5;

/** Advice by the system's codes, where the file or its folder cannot be made. */
const SYSTEM_ADVICE: Readonly<Record<string, string>> = {
  EACCES: "There is no permission: see to that of its folder, or choose another path.",
  EPERM: "There is no permission: see to that of its folder, or choose another path.",
  EROFS: "The disk is read-only: choose another path.",
  ENOTDIR: "A file is where its folder should be: choose another path.",
  EEXIST: "A file is where its folder should be: choose another path.",
  ENOSPC: "The disk is full: make room.",
};

/** A failure of the file with advice; one that has some already stays as it is. */
export function fileFailure(path: string, doing: string, error: unknown): ArgumentError {
  if (ArgumentError.isInstance(error)) return error;
  const advice =
    ADVICE.get(codeOf(error)) ??
    SYSTEM_ADVICE[systemCodeOf(error)] ??
    "See that it can be opened, or choose another path.";
  return new ArgumentError(`Expected the cache file ${path} to be ${doing}, got an error, in \`cause\`. ${advice}`, {
    cause: error,
  });
}

/** Runs `work` again while another process has the file locked in a way that SQLite itself does not wait for. */
export function whileBusy<T>(patienceMs: number, work: () => T): T {
  const until = performance.now() + patienceMs;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (codeOf(error) !== BUSY || performance.now() > until) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
  }
}

const PAUSE_MS = 10;

function systemCodeOf(error: unknown): string {
  return String((error as { readonly code?: unknown }).code);
}

/** Primary code of an error, the lowest byte of the extended one. */
function codeOf(error: unknown): number {
  const { errcode } = error as { readonly errcode?: unknown };
  return typeof errcode === "number" ? errcode & 0xff : -1;
}
