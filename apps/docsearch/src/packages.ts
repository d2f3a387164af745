import { readdir, readFile, realpath } from "node:fs/promises";
import path from "node:path";
import semver from "semver";

/** File and its package. */
export interface Located {
  /** `package/path/in/package.md` under node_modules, else the path from the searched folder; with slashes, and `?` for control characters. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** Name of the package, and its absolute folder. */
  readonly package: { readonly name: string; readonly folder: string } | undefined;
}

/** Finds the package of a file: the one after the last `node_modules` in its path. */
export function locate(file: string, root: string): Located {
  const shown = file.replaceAll(/\p{Cc}/gu, "?");
  const parts = shown.split(path.sep);
  const start = parts.lastIndexOf("node_modules") + 1;
  const end = start + (parts[start]?.startsWith("@") ? 2 : 1);
  if (start === 0 || parts.length <= end) {
    return { name: path.relative(root, shown).replaceAll(path.sep, "/"), path: file, package: undefined };
  }
  const owner = { name: parts.slice(start, end).join("/"), folder: parts.slice(0, end).join(path.sep) };
  return { name: parts.slice(start).join("/"), path: file, package: owner };
}

/** Keeps the newest copy of each package, the first of equal ones, and all other files. */
export async function newestCopies(files: readonly Located[]): Promise<Located[]> {
  const newest = new Map<string, { folder: string; version: string }>();
  const folders = new Map(files.flatMap((file) => (file.package ? [[file.package.folder, file.package.name]] : [])));
  for (const [folder, name] of folders) {
    const version = await versionOf(folder);
    const known = newest.get(name);
    if (known === undefined || semver.gt(version, known.version)) newest.set(name, { folder, version });
  }
  return files.filter(({ package: owner }) => owner === undefined || newest.get(owner.name)?.folder === owner.folder);
}

/** Version in a package's manifest; the lowest possible when it cannot be read. */
async function versionOf(folder: string): Promise<string> {
  const manifest: unknown = await readFile(path.join(folder, "package.json"), "utf8")
    .then(JSON.parse)
    .catch(() => undefined);
  return semver.valid((manifest as { readonly version?: string } | null | undefined)?.version) ?? "0.0.0-0";
}

/**
 * Targets of the links in a node_modules folder that lie in another node_modules: with pnpm, a workspace package's own
 * node_modules holds only such links. A link to a workspace package is not followed: its documents are not installed.
 */
export async function linkedPackages(root: string): Promise<string[]> {
  const scopes = (await readdir(root)).filter((name) => name.startsWith("@"));
  const folders = ["", ...scopes].map((scope) => readdir(path.join(root, scope), { withFileTypes: true }));
  const links = (await Promise.all(folders)).flat().filter((entry) => entry.isSymbolicLink());
  const targets = links.map((link) => realpath(path.join(link.parentPath, link.name)).catch(() => root));
  const isOutside = (target: string): boolean => target !== root && !target.startsWith(root + path.sep);
  return (await Promise.all(targets)).filter((target) => target.includes("node_modules") && isOutside(target));
}
