import { readFile } from "node:fs/promises";
import path from "node:path";
import semver from "semver";

/** File and its package. */
export interface Located {
  /** `package/path/in/package.md` under node_modules, else the path from the searched folder; always with slashes. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly package: PackageFolder | undefined;
}

/** Folder of a package in a node_modules. */
interface PackageFolder {
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
}

/** Finds the package of a file: the one after the last `node_modules` in its path. */
export function locate(file: string, root: string, packaged: boolean): Located {
  const outside = { name: slashes(path.relative(root, file)), path: file, package: undefined };
  if (!packaged) return outside;
  const parts = file.split(path.sep);
  const start = parts.lastIndexOf("node_modules") + 1;
  const length = parts[start]?.startsWith("@") ? 2 : 1;
  if (start === 0 || parts.length <= start + length) return outside;
  const name = parts.slice(start, start + length).join("/");
  const folder = parts.slice(0, start + length).join(path.sep);
  return {
    name: `${name}/${parts.slice(start + length).join("/")}`,
    path: file,
    package: { name, folder },
  };
}

/** Keeps the newest copy of each package, the first of equal ones, and all other files. */
export async function newestCopies(located: readonly Located[]): Promise<Located[]> {
  const folders = new Map<string, Set<string>>();
  for (const { package: owner } of located) {
    if (owner === undefined) continue;
    const known = folders.get(owner.name) ?? new Set();
    folders.set(owner.name, known.add(owner.folder));
  }
  const kept = new Map(
    await Promise.all([...folders].map(async ([name, copies]) => [name, await newest([...copies])] as const)),
  );
  return located.filter(({ package: owner }) => owner === undefined || kept.get(owner.name) === owner.folder);
}

async function newest(folders: readonly string[]): Promise<string> {
  const [first = ""] = folders;
  if (folders.length < 2) return first;
  const copies = await Promise.all(folders.map(async (folder) => ({ folder, version: await versionOf(folder) })));
  return copies.reduce((best, copy) => (semver.gt(copy.version, best.version) ? copy : best)).folder;
}

/** Version in a package's manifest; the lowest possible when it cannot be read. */
async function versionOf(folder: string): Promise<string> {
  try {
    const manifest: unknown = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
    const hasVersion = typeof manifest === "object" && manifest !== null && "version" in manifest;
    return (hasVersion && typeof manifest.version === "string" ? semver.valid(manifest.version) : null) ?? "0.0.0-0";
  } catch {
    return "0.0.0-0";
  }
}

function slashes(relative: string): string {
  return relative.split(path.sep).join("/");
}
