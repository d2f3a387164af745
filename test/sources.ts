import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A file of TypeScript, by its path in the repository. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const TEST = /\.test(-d)?\.ts$/;
/** Files that tests stand on, and a template of which others make a project. */
const SUPPORT = /\/(testing|fixtures|broken|invariants|pitfalls|template)\/|^packages\/[^/]+\/test\//;

/** Sources of the packages and apps, without their tests. */
export const sources: readonly Source[] = read((path) => !TEST.test(path) && !SUPPORT.test(path));

/** Their tests. */
export const tests: readonly Source[] = read((path) => TEST.test(path));

function read(takes: (path: string) => boolean): Source[] {
  return globSync("{packages,apps}/**/*.ts", { cwd: ROOT, exclude: (path) => /(^|\/)(node_modules|dist)$/.test(path) })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => takes(path))
    .toSorted()
    .map((path) => ({ path, text: readFileSync(`${ROOT}/${path}`, "utf8") }));
}
