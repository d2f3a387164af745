import { existsSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";

const LOCKFILES = ["pnpm-lock.yaml", "package-lock.json", "yarn.lock", "bun.lock", "bun.lockb"];

/** Resolves the folder to search and the file of its vectors: none in a folder that is only searched. @throws Error without one */
export function resolvePlaces(folder: string, dir?: string, cache?: string): Record<"documents" | "vectors", string> {
  const own = dir === undefined ? findProject(folder) : undefined;
  const usual = own === undefined ? path.join(userCache(), "docsearch.sqlite") : `${own}/.docsearch/vectors.sqlite`;
  return {
    documents: path.resolve(folder, dir ?? `${own}/node_modules`),
    vectors: path.resolve(folder, cache ?? usual),
  };
}

/** Nearest folder with a lockfile and installed packages: a workspace's root rather than one of its packages. */
function findProject(start: string): string {
  for (let folder = start; ; folder = path.dirname(folder)) {
    const locked = LOCKFILES.some((name) => existsSync(path.join(folder, name)));
    if (locked && existsSync(path.join(folder, "node_modules"))) return folder;
    if (folder === path.dirname(folder)) break;
  }
  const next = "Install the packages first, or choose a folder with --dir.";
  throw new Error(`Expected a project with a lockfile and its packages in ${start} or above it, got none. ${next}`);
}

function userCache(): string {
  const { BATCHWISE_CACHE_DIR: own, XDG_CACHE_HOME: users, LOCALAPPDATA: windows } = process.env;
  return own || path.join(users || windows || path.join(homedir(), ".cache"), "batchwise");
}
