import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ScaffoldError } from "./scaffold-error.ts";

/**
 * Writes the files into `folder`: all of them or, whatever happens, none that is not whole. They are written beside it
 * first, and moved then.
 *
 * @param files their texts by their paths in the folder, with `/`
 * @throws ScaffoldError where the folder has something in it, unless `force`: files of the same names are replaced then
 */
export function writeFolder(folder: string, files: ReadonlyMap<string, string>, force: boolean): void {
  const present = entriesOf(folder);
  if (present !== undefined && present > 0 && !force) {
    throw new ScaffoldError(
      `Expected an empty folder, got ${folder}, which is not empty. Choose another folder with --dir, or write into this one with --force: ` +
        `files of the same names are replaced, others stay.`,
    );
  }
  const parent = path.dirname(folder);
  const staging = path.join(parent, `.${path.basename(folder)}.${process.pid}.tmp`);
  // Ctrl-C waits until this is through, which is a matter of milliseconds.
  for (const signal of SIGNALS) process.on(signal, wait);
  try {
    mkdirSync(parent, { recursive: true });
    mkdirSync(staging);
    for (const [file, text] of files) {
      const target = path.join(staging, file);
      mkdirSync(path.dirname(target), { recursive: true });
      writeFileSync(target, text);
    }
    if (present === undefined) renameSync(staging, folder);
    else moveEach(files.keys(), staging, folder);
  } finally {
    rmSync(staging, { recursive: true, force: true });
    for (const signal of SIGNALS) process.off(signal, wait);
  }
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

function wait(): void {}

function moveEach(files: Iterable<string>, from: string, to: string): void {
  for (const file of files) {
    const target = path.join(to, file);
    mkdirSync(path.dirname(target), { recursive: true });
    renameSync(path.join(from, file), target);
  }
}

/** Number of entries in the folder; undefined where there is none. */
function entriesOf(folder: string): number | undefined {
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  if (!stats.isDirectory())
    throw new ScaffoldError(`Expected a folder, got ${folder}, which is a file. Choose a folder with --dir.`);
  return readdirSync(folder).length;
}
