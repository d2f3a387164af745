import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";

/** What is searched, and where its index is kept. */
export interface Folders {
  readonly documents: string;
  readonly index: string;
}

/** What decides on the folders. */
export interface FolderChoice {
  /** The folder to search. @default the node_modules of the project that `workingFolder` is in */
  readonly dir?: string | undefined;
  /** The folder of the index. @default `.docsearch` in the project, or the user's cache folder for a `dir` of their own */
  readonly cacheDir?: string | undefined;
  readonly workingFolder: string;
  readonly environment: NodeJS.ProcessEnv;
}

const LOCKFILES = ["pnpm-lock.yaml", "package-lock.json", "yarn.lock", "bun.lock", "bun.lockb"];

/** @throws Error when there is no `dir` and no installed project around the working folder */
export function chooseFolders({ dir, cacheDir, workingFolder, environment }: FolderChoice): Folders {
  const index = cacheDir === undefined ? undefined : path.resolve(workingFolder, cacheDir);
  if (dir !== undefined) {
    const documents = path.resolve(workingFolder, dir);
    return { documents, index: index ?? userIndex(documents, environment) };
  }
  const project = findProject(workingFolder);
  return {
    documents: path.join(project, "node_modules"),
    index: index ?? path.join(project, ".docsearch"),
  };
}

/** The nearest folder with a lockfile and installed packages: a workspace's root rather than one of its packages. */
function findProject(start: string): string {
  for (let folder = start; ; folder = path.dirname(folder)) {
    const locked = LOCKFILES.some((name) => existsSync(path.join(folder, name)));
    if (locked && existsSync(path.join(folder, "node_modules"))) return folder;
    if (folder === path.dirname(folder)) break;
  }
  throw new Error(
    `Expected a project with a lockfile and installed packages in ${start} or above it, but there is none. ` +
      "Install the packages first, or choose a folder with --dir.",
  );
}

/** A folder of its own for each folder searched; nothing is ever written into the latter. */
function userIndex(documents: string, environment: NodeJS.ProcessEnv): string {
  const name = createHash("sha256").update(documents).digest("hex").slice(0, 16);
  return path.join(userCache(environment), "batchwise", "docsearch", name);
}

function userCache(environment: NodeJS.ProcessEnv): string {
  const chosen = environment["XDG_CACHE_HOME"];
  if (chosen !== undefined && path.isAbsolute(chosen)) return chosen;
  if (process.platform === "win32") return environment["LOCALAPPDATA"] ?? path.join(homedir(), "AppData", "Local");
  return path.join(homedir(), process.platform === "darwin" ? "Library/Caches" : ".cache");
}
