import { createHash } from "node:crypto";
import { readFile, realpath, stat } from "node:fs/promises";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { runnable } from "@batchwise/core";
import { glob } from "tinyglobby";
import { linkedPackages, type Located, locate, newestCopies } from "./packages.ts";

/** Document to search. */
export interface Document extends Located {
  /** Without byte order mark, and characters that control a terminal or the direction of writing; of a changelog, the newest part. */
  readonly text: string;
}

/** Documents of a folder. */
export interface Collection {
  /** Readmes first, then guides, then changelogs; within, one of each package in turn, by name. */
  readonly documents: readonly Document[];
  /** Number of text files found. */
  readonly found: number;
  /** Numbers of text files that were left out because there is nothing to find in them. */
  readonly leftOut: { readonly licenses: number; readonly copies: number; readonly duplicates: number };
  /** Files that are not text, or cannot be read, with the reason. */
  readonly odd: readonly { readonly name: string; readonly reason: Error }[];
}

/** Megabytes above which a file is data rather than documentation. */
const LARGEST_MB = 4;
/** Characters that are kept of a changelog: old releases do not answer today's questions. */
export const NEWEST_OF_CHANGELOG = 16_000;
const LEGAL = /^(licen[cs]e|copying|notice|third.?party|patents|authors|contributors|code.of.conduct)/i;
const CHANGELOG = /^(changelog|changes|history|release|update-log|migrat)/i;

/**
 * Finds the documentation in `folder`: Markdown in a node_modules folder, and plain text too in any other.
 *
 * Links are followed only from a node_modules folder's own entries to other node_modules, so there are no loops. Each
 * content counts once, and of a package's copies the newest. Licenses are left out.
 *
 * @throws Error when `folder` is not a folder
 */
export async function collectDocuments(folder: string): Promise<Collection> {
  const root = await realpath(folder).catch(() => folder);
  if ((await stat(root).catch(() => undefined))?.isDirectory() !== true)
    throw new Error(`Expected a folder to search, got ${folder}, which is not one. Give another with --dir.`);
  const paths = await findFiles(root);
  const located = paths.filter((file) => !LEGAL.test(path.basename(file))).map((file) => locate(file, root));
  const files = inTurn(await newestCopies(located));

  // Far fewer at once than a process may open. A file that is not text is an Error in its own slot.
  const texts = await runnable(readText, { maxConcurrency: 32 }).batch(files, { returnExceptions: true });
  const byContent = new Map<string, Document>();
  const odd = files.flatMap(({ name }, index) =>
    texts[index] instanceof Error ? [{ name, reason: texts[index] }] : [],
  );
  for (const [index, file] of files.entries()) {
    const text = texts[index];
    if (typeof text !== "string") continue;
    const content = createHash("sha256").update(text).digest("base64");
    const isLong = roleOf(file) === 2 && text.length > NEWEST_OF_CHANGELOG;
    const kept = isLong ? text.slice(0, text.lastIndexOf("\n", NEWEST_OF_CHANGELOG)) : text;
    if (!byContent.has(content)) byContent.set(content, { ...file, text: kept });
  }
  const leftOut = {
    licenses: paths.length - located.length,
    copies: located.length - files.length,
    duplicates: files.length - byContent.size - odd.length,
  };
  return { documents: [...byContent.values()], found: paths.length, leftOut, odd };
}

async function findFiles(root: string): Promise<string[]> {
  const packaged = root.split(path.sep).includes("node_modules");
  const plain = packaged ? [] : ["**/*.{txt,text,rst,adoc}", "**/{readme,changelog}"];
  const options = {
    absolute: true,
    dot: true,
    followSymbolicLinks: false,
    // A folder may be named like a file: of `notes.md/` not all is meant.
    expandDirectories: false,
    caseSensitiveMatch: false,
    ignore: packaged ? ["**/.cache/**"] : ["**/node_modules/**", "**/.git/**", "**/.docsearch/**"],
  };
  const roots = packaged ? [root, ...(await linkedPackages(root))] : [root];
  const found = await Promise.all(roots.map((cwd) => glob(["**/*.{md,mdx,markdown}", ...plain], { ...options, cwd })));
  return [...new Set(found.flat().map((file) => path.normalize(file)))].toSorted();
}

/** Text of a file in UTF-8, or in UTF-16 with its mark. @throws Error with the reason why there is none */
async function readText({ path: file }: Located): Promise<string> {
  const megabytes = (await stat(file)).size / 1_000_000;
  if (megabytes > LARGEST_MB)
    throw new Error(`Expected at most ${LARGEST_MB} MB of text, got ${megabytes.toFixed(1)} MB.`);
  // A text must not be able to control the terminal that shows it.
  return stripVTControlCharacters(decode(await readFile(file)))
    .replaceAll(/\r\n?/g, "\n")
    .replaceAll(/[^\P{Cc}\n\t]|[\u202A-\u202E\u2066-\u2069]/gu, "");
}

function decode(bytes: Buffer): string {
  const mark = bytes.toString("hex", 0, 2);
  const encoding = mark === "fffe" ? "UTF-16LE" : mark === "feff" ? "UTF-16BE" : "UTF-8";
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    if (!text.includes("\0")) return text;
  } catch {
    // Reported below, like a text with zeros.
  }
  const zeros = bytes.toString("hex", 0, 4) === "fffe0000" ? "UTF-32" : "binary data, or UTF-16 without its mark";
  const got = bytes.includes(0) ? zeros : "another encoding, such as Latin-1";
  throw new Error(`Expected text in ${encoding}, got ${got}.`);
}

/** Role of a document: 0 for a readme, 1 for a guide, 2 for a changelog. */
function roleOf(file: Located): number {
  const base = path.basename(file.path);
  return /^readme/i.test(base) ? 0 : CHANGELOG.test(base) ? 2 : 1;
}

/** Orders files by role, then one of each package in turn, so that no package pushes out the others. */
function inTurn(files: readonly Located[]): Located[] {
  const sorted = files.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  const groups = Map.groupBy(sorted, (file) => `${roleOf(file)} ${file.package?.name ?? file.name}`);
  const turns = [...groups.values()].flatMap((group) => group.map((file, turn) => ({ file, turn })));
  return turns.toSorted((a, b) => roleOf(a.file) - roleOf(b.file) || a.turn - b.turn).map(({ file }) => file);
}
