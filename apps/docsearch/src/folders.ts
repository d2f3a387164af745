import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";

/** Folder to search, and folder of its index. */
export interface Folders {
  readonly documents: string;
  readonly index: string;
}

/** Choice of the folders. */
export interface FolderChoice {
  /** Folder to search. @default the node_modules of the project that `workingFolder` is in */
  readonly dir?: string | undefined;
  /** Folder of the index. @default `.docsearch` in the project, or the user's cache folder for a `dir` of their own */
  readonly cacheDir?: string | undefined;
  readonly workingFolder: string;
  readonly environment: NodeJS.ProcessEnv;
}

const LOCKFILES = ["pnpm-lock.yaml", "package-lock.json", "yarn.lock", "bun.lock", "bun.lockb"];

/** Resolves the folders. @throws Error without `dir` and without an installed project around the working folder */
export function resolveFolders({ dir, cacheDir, workingFolder, environment }: FolderChoice): Folders {
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

/** Nearest folder with a lockfile and installed packages: a workspace's root rather than one of its packages. */
function findProject(start: string): string {
  for (let folder = start; ; folder = path.dirname(folder)) {
    const locked = LOCKFILES.some((name) => existsSync(path.join(folder, name)));
    if (locked && existsSync(path.join(folder, "node_modules"))) return folder;
    if (folder === path.dirname(folder)) break;
  }
  throw new Error(
    `Expected a project with a lockfile and installed packages in ${start} or above it, got none. ` +
      "Install the packages first, or choose a folder with --dir.",
  );
}

/** Index of a searched folder, into which nothing is ever written. */
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
