import { glob, realpath, stat } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { ArgumentError } from "@batchwise/core";
import { reasonOf } from "../reason-of.ts";
import { isSameFile } from "../same-file.ts";

/** File of inputs of a run. */
export interface InputFile {
  /** Name as it is given or found, with slashes. */
  readonly name: string;
  /** Absolute path; `-` for standard input. */
  readonly path: string;
  readonly bytes: number;
}

/**
 * Files that names and patterns stand for: in the order of the names, those of a pattern by their characters' codes, and
 * each file once. A name of a file that exists is no pattern, and what a run writes is not found by one.
 *
 * @param outputs names of files that the run writes
 * @throws ArgumentError for a pattern without a file, for standard input among files, and for one of several that cannot be
 * read
 */
export async function inputFiles(
  input: string | readonly string[],
  folder: string,
  outputs: readonly string[] = [],
): Promise<readonly InputFile[]> {
  const given = [input].flat();
  const [only] = given;
  if (given.length === 1 && only === "-") return [{ name: "-", path: "-", bytes: 0 }];
  if (given.length === 0) throw new ArgumentError("Expected `input` to name a file, got an empty list. Give one.");
  const files = new Map<string, InputFile>();
  for (const name of given) {
    if (name === "-") throw new ArgumentError("Expected files, got standard input among them. Give it alone.");
    for (const file of await filesOf(name, folder, given.length === 1, outputs)) {
      const real = await realpath(file.path).catch(() => file.path);
      if (!files.has(real)) files.set(real, file);
    }
  }
  return [...files.values()];
}

/** @throws ArgumentError where a file stands in the place of the adapter, or an adapter among the files */
export async function checkOrder(adapter: string, input: string | readonly string[], folder: string): Promise<void> {
  const file = path.extname(adapter) === "" ? undefined : await fileAt(adapter, folder);
  let meant: string | undefined;
  for (const name of [input].flat()) if (ADAPTER.test(name) && !(await fileAt(name, folder))) meant ??= name;
  if (file === undefined && (meant === undefined || adapter.includes("#"))) return;
  throw new ArgumentError(
    `Expected the adapter first and the input after it, got ${file === undefined ? "an adapter among the inputs" : "a file first"}. ` +
      `Give them in this order: batchwise run ${meant ?? "<adapter>"} ${adapter}`,
  );
}

const ADAPTER = /^(@[^/]+\/)?[^/.#]+#[^/.#]+$/;

async function filesOf(
  given: string,
  folder: string,
  isAlone: boolean,
  outputs: readonly string[],
): Promise<InputFile[]> {
  // A shell leaves it as it is within the quotes that a pattern wants.
  const name = given.replace(/^~(?=\/)/, homedir());
  const found = await fileAt(name, folder);
  if (found !== undefined) return [found];
  if (!PATTERN.test(name)) {
    const reason = await stat(path.resolve(folder, name)).then(() => "a folder", reasonOf);
    if (reason === "a folder") throw unreadable(given, reason, ` Name its files, such as '${given}/*.jsonl'.`);
    if (ADDRESS.test(given))
      throw unreadable(given, "an address", ` Download it, or pipe it: curl -L ... | batchwise run ... -`);
    // The only one is opened, and its error says why it cannot be.
    if (isAlone) return [{ name, path: path.resolve(folder, name), bytes: 0 }];
    throw unreadable(given, reason, " Nothing was sent.");
  }
  const names: string[] = [];
  for await (const match of glob(name, { cwd: folder })) if (!(await isOwn(match, folder, outputs))) names.push(match);
  const matches = await Promise.all(names.toSorted().map((match) => fileAt(match, folder)));
  const files = matches.filter((file) => file !== undefined);
  if (files.length > 0) return files;
  throw new ArgumentError(`Expected files like ${name}, got none. Look for its folder and its extension.`);
}

/** True for a file that the run writes, or that lies in the folder beside an output: an earlier run did not read it. */
async function isOwn(match: string, folder: string, outputs: readonly string[]): Promise<boolean> {
  const folders = path.dirname(match).split(path.sep);
  if (folders.some((name) => name.endsWith(".batchwise"))) return true;
  for (const output of outputs) {
    if (await isSameFile(path.resolve(folder, match), path.resolve(folder, output))) return true;
  }
  return false;
}

function unreadable(name: string, got: string, advice: string): ArgumentError {
  return new ArgumentError(`Expected the input ${name} to be readable, got ${got}.${advice}`);
}

const ADDRESS = /^\w+:\/\//;
const PATTERN = /[*?[\]{}]/;

async function fileAt(name: string, folder: string): Promise<InputFile | undefined> {
  const file = path.resolve(folder, name);
  const stats = await stat(file).catch(() => undefined);
  if (stats === undefined || stats.isDirectory()) return undefined;
  return { name: name.split(path.sep).join("/"), path: file, bytes: stats.size };
}
