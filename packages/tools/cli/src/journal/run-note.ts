import { readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ArgumentError } from "@batchwise/core";
import type { Fingerprint } from "./fingerprint.ts";
import type { NotedJobs } from "./left-jobs.ts";

/** Note of a run that has rows to come, beside them. */
export interface RunNote {
  readonly version: 1;
  /** True where the output that is there is another run's, and will be replaced. */
  readonly replaces: boolean;
  /** True where rows in parts are instead of those of the output that is there. */
  readonly retries: boolean;
  readonly fingerprint: Fingerprint;
  /** Number of the first part whose rows do not count: not all of a run that needs all of them were there. @default none */
  readonly staged?: number;
  /** Offline jobs that it has created. @default none */
  readonly jobs?: NotedJobs;
}

/** Folder of a run's rows, beside its output. */
export function folderOf(file: string): string {
  return `${file}.batchwise`;
}

/**
 * Reads the note of an earlier run.
 *
 * @param overwrites true where the run is replaced, whatever its note says
 * @throws ArgumentError for one of a later version, or one that is damaged
 */
export function noteIn(folder: string, overwrites: boolean): RunNote | undefined {
  const file = path.join(folder, "run.json");
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const note = parsed(text);
  if (note?.version === 1) return note;
  if (overwrites) return { version: 1, replaces: false, retries: false, fingerprint: {} };
  throw new ArgumentError(
    note === undefined
      ? `Expected ${file} to be whole, got a damaged file. Restore it, or give --overwrite. Without it, --resume takes ` +
          "the rows beside it for those of the same options."
      : `Expected ${folder} to be of this version of the command, got a later one's. Update it, or give --overwrite.`,
  );
}

function parsed(text: string): RunNote | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as RunNote) : undefined;
  } catch {
    return undefined;
  }
}

/** Replaces the note of a run. @throws the system's error */
export function writeNote(folder: string, note: Omit<RunNote, "version">): void {
  const file = path.join(folder, "run.json");
  writeFileSync(`${file}.new`, JSON.stringify({ version: 1, ...note }), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
