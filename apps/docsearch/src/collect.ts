import { createHash } from "node:crypto";
import { lstat, readdir, readFile, realpath, stat } from "node:fs/promises";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { runnable } from "@batchwise/core";
import { glob } from "tinyglobby";
import { locate, newestCopies, type Located } from "./packages.ts";

/** Document to search. */
export interface Document {
  /** `package/path/in/package.md` under node_modules, else the path from the searched folder. */
  readonly name: string;
  /** Real file, absolute. */
  readonly path: string;
  readonly role: Role;
  /** Without byte order mark and control characters. */
  readonly text: string;
}

/** Role of a document; readmes go first and changelogs last when there is too much to read. */
type Role = "readme" | "guide" | "changelog";

/** Documents of a folder. */
export interface Collection {
  /** Readmes first, then guides, then changelogs; within, one of each package in turn, by name. */
  readonly documents: readonly Document[];
  /** Number of text files found. */
  readonly found: number;
  /** Text files left out, by reason. */
  readonly leftOut: Readonly<Record<LeftOut, number>>;
}

/** Reason for leaving a file out. */
export type LeftOut = "license" | "copy" | "duplicate" | "unreadable";

/** Size in bytes above which a file is data rather than documentation. */
const LARGEST_DOCUMENT = 4_000_000;
/** Characters that are kept of a changelog: old releases do not answer today's questions. */
export const NEWEST_OF_CHANGELOG = 16_000;
/** Far below the number of files that a process may open. */
const FILES_AT_ONCE = 32;
const ROLES: readonly Role[] = ["readme", "guide", "changelog"];
const LEGAL = /^(licen[cs]e|copying|notice|third.?party|patents|authors|contributors|code.of.conduct)/i;
const CHANGELOG = /^(changelog|changes|history|release|update-log|migrat)/i;
const README = /^readme/i;

/**
 * Finds the documentation in `folder`: Markdown in a node_modules folder, and plain text too in any other.
 *
 * Links are followed only from a node_modules folder's own entries to other node_modules, so there are no loops. Each
 * real file and each content counts once, and of a package's copies the newest. Licenses are left out.
 *
 * @throws Error when `folder` is not a folder.
 */
export async function collectDocuments(folder: string): Promise<Collection> {
  const root = await openFolder(folder);
  const packaged = isPackaged(root);
  const paths = await findFiles(root, packaged);
  const leftOut: Record<LeftOut, number> = { license: 0, copy: 0, duplicate: 0, unreadable: 0 };

  const wanted = paths.filter((file) => !LEGAL.test(path.basename(file)));
  leftOut.license = paths.length - wanted.length;
  const located = wanted.map((file) => locate(file, root, packaged));
  const newest = await newestCopies(located);
  leftOut.copy = located.length - newest.length;

  const ordered = inTurn(newest);
  const texts = await runnable(readText, { maxConcurrency: FILES_AT_ONCE }).batch(ordered.map((each) => each.path));
  const documents: Document[] = [];
  const seen = new Set<string>();
  for (const [index, text] of texts.entries()) {
    const document = ordered[index];
    if (document === undefined || text === undefined) {
      leftOut.unreadable += 1;
      continue;
    }
    const content = createHash("sha256").update(text).digest("base64");
    if (seen.has(content)) {
      leftOut.duplicate += 1;
      continue;
    }
    seen.add(content);
    const role = roleOf(document);
    documents.push({
      name: document.name,
      path: document.path,
      role,
      text: role === "changelog" ? newestPart(text) : text,
    });
  }
  return { documents, found: paths.length, leftOut };
}

async function openFolder(folder: string): Promise<string> {
  try {
    const root = await realpath(folder);
    if ((await stat(root)).isDirectory()) return root;
  } catch (error) {
    throw new Error(`Expected a folder to search, got ${folder}, which cannot be opened. Give another with --dir.`, {
      cause: error,
    });
  }
  throw new Error(`Expected a folder to search, got ${folder}, which is a file. Give its folder with --dir.`);
}

function isPackaged(root: string): boolean {
  return root.split(path.sep).includes("node_modules");
}

async function findFiles(root: string, packaged: boolean): Promise<string[]> {
  const patterns = packaged
    ? ["**/*.{md,mdx,markdown}"]
    : ["**/*.{md,mdx,markdown,txt,text,rst,adoc}", "**/{readme,changelog}"];
  const roots = packaged ? [root, ...(await linkedPackages(root))] : [root];
  const found = await Promise.all(
    roots.map((cwd) =>
      glob(patterns, {
        cwd,
        absolute: true,
        dot: true,
        followSymbolicLinks: false,
        // A folder may be named like a file: of `notes.md/` not all is meant.
        expandDirectories: false,
        caseSensitiveMatch: false,
        ignore: packaged ? ["**/.cache/**"] : ["**/node_modules/**", "**/.git/**", "**/.docsearch/**"],
      }),
    ),
  );
  return [...new Set(found.flat().map((file) => path.normalize(file)))].toSorted();
}

/**
 * Targets of the links in a node_modules folder that lie in another node_modules: with pnpm, a workspace package's own
 * node_modules holds only such links. A link to a workspace package is not followed: its documents are not installed.
 */
async function linkedPackages(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true });
  const scopes = entries.filter((entry) => entry.isDirectory() && entry.name.startsWith("@"));
  const scoped = await Promise.all(
    scopes.map((scope) => readdir(path.join(root, scope.name), { withFileTypes: true })),
  );
  const links = [...entries, ...scoped.flat()].filter((entry) => entry.isSymbolicLink());
  const targets = await Promise.all(
    links.map((link) => realpath(path.join(link.parentPath, link.name)).catch(() => undefined)),
  );
  const outside = targets.filter(
    (target): target is string =>
      target !== undefined && isPackaged(target) && !`${target}${path.sep}`.startsWith(`${root}${path.sep}`),
  );
  const folders = await Promise.all(outside.map(async (target) => (await lstat(target)).isDirectory()));
  return outside.filter((_, index) => folders[index]);
}

async function readText(file: string): Promise<string | undefined> {
  try {
    if ((await stat(file)).size > LARGEST_DOCUMENT) return undefined;
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await readFile(file));
    // A text must not be able to control the terminal that shows it.
    return stripVTControlCharacters(text)
      .replaceAll("\r\n", "\n")
      .replaceAll(/[^\P{Cc}\n\t]/gu, "");
  } catch {
    return undefined;
  }
}

function newestPart(changelog: string): string {
  if (changelog.length <= NEWEST_OF_CHANGELOG) return changelog;
  return changelog.slice(0, changelog.lastIndexOf("\n", NEWEST_OF_CHANGELOG));
}

function roleOf(document: Located): Role {
  const base = path.basename(document.path);
  if (README.test(base)) return "readme";
  return CHANGELOG.test(base) ? "changelog" : "guide";
}

/** Orders files by role, then one of each package in turn, so that no package pushes out the others. */
function inTurn(located: readonly Located[]): Located[] {
  const counts = new Map<string, number>();
  const turns = located
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
    .map((each) => {
      const rank = ROLES.indexOf(roleOf(each));
      const group = `${rank} ${each.package?.name}`;
      const turn = each.package === undefined ? 0 : (counts.get(group) ?? 0);
      counts.set(group, turn + 1);
      return { each, rank, turn };
    });
  return turns.toSorted((one, other) => one.rank - other.rank || one.turn - other.turn).map(({ each }) => each);
}
