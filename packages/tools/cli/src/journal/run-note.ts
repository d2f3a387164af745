import { readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ArgumentError } from "@batchwise/core";
import type { Fingerprint } from "./fingerprint.ts";

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
}

/** Folder of a run's rows, beside its output. */
export function folderOf(file: string): string {
  return `${file}.batchwise`;
}

/**
 * Reads the note of an earlier run.
 *
 * @throws ArgumentError for one of a later version
 */
export function noteIn(folder: string): RunNote | undefined {
  let text: string;
  try {
    text = readFileSync(path.join(folder, "run.json"), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const note = JSON.parse(text) as RunNote;
  if (note.version === 1) return note;
  throw new ArgumentError(
    `Expected ${folder} to be of this version of the command, got a later one's. Update it, or give --overwrite.`,
  );
}

/** Replaces the note of a run. @throws the system's error */
export function writeNote(folder: string, note: Omit<RunNote, "version">): void {
  const file = path.join(folder, "run.json");
  writeFileSync(`${file}.new`, JSON.stringify({ version: 1, ...note }), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
