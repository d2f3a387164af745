import { readFile, realpath } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/**
 * Place from which packages are looked up, as Node does for a module that lies there: a folder, a file, or a `file:` URL
 * such as `import.meta.url`. Of several, the first that has the package counts.
 */
export type From = string | readonly string[];

/** Package on disk. */
export interface PackageFolder {
  readonly name: string;
  readonly version: string | undefined;
  /** Absolute, with links resolved: from there the package finds its own dependencies. */
  readonly folder: string;
  readonly manifest: PackageJson;
}

/** Contents of a package.json, unchecked. */
type PackageJson = Readonly<Record<string, unknown>>;

/** The places as absolute paths. @default the current folder */
export function placesOf(from: From = process.cwd()): string[] {
  const places = typeof from === "string" ? [from] : from;
  return places.map((place) => path.resolve(place.startsWith("file:") ? fileURLToPath(place) : place));
}

/** The package of this name that a module in `place` would import; undefined when there is none. */
export async function findPackage(name: string, place: string): Promise<PackageFolder | undefined> {
  const around = await packageAround(place);
  if (around?.name === name) return around;
  for (const folder of upwards(place)) {
    const found = await readPackage(path.join(folder, "node_modules", name), name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The package that contains `place`. */
export async function packageAround(place: string): Promise<PackageFolder | undefined> {
  for (const folder of upwards(place)) {
    const found = await readPackage(folder, "");
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The folders from `place` to the root; a file counts as an empty folder. */
function* upwards(place: string): Generator<string, void, undefined> {
  for (let folder = place; ; folder = path.dirname(folder)) {
    yield folder;
    if (folder === path.dirname(folder)) return;
  }
}

async function readPackage(folder: string, usualName: string): Promise<PackageFolder | undefined> {
  try {
    const manifest: unknown = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
    if (typeof manifest !== "object" || manifest === null) return undefined;
    const { name, version } = manifest as PackageJson;
    return {
      name: typeof name === "string" ? name : usualName,
      version: typeof version === "string" ? version : undefined,
      folder: await realpath(folder),
      manifest: manifest as PackageJson,
    };
  } catch {
    return undefined;
  }
}
