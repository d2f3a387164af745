import { readdir } from "node:fs/promises";
import path from "node:path";
import { type Adapter, toError } from "@batchwise/core";
import { openPlugin } from "./open-plugin.ts";
import { findPackage, type From, packageAround, type PackageFolder, placesOf } from "./places.ts";

/** A package with the keyword `batchwise-adapter`. */
export interface InstalledPlugin {
  readonly package: string;
  readonly version: string | undefined;
  /** Empty when it is broken. */
  readonly adapters: readonly Adapter[];
  /** Reason why it cannot be used, when it is broken. */
  readonly error?: Error;
}

/**
 * Lists every plugin within reach, by name: the dependencies of the package that `from` is in, the rest of its
 * node_modules, and that package itself. Imports each; a broken one is listed with its error.
 */
export async function listAdapters({ from }: { readonly from?: From } = {}): Promise<InstalledPlugin[]> {
  const found = new Map<string, string>();
  for (const place of placesOf(from)) {
    for (const name of await pluginsIn(place)) if (!found.has(name)) found.set(name, place);
  }
  const plugins = await Promise.all([...found].map(([name, place]) => describe(name, place)));
  return plugins.toSorted((one, other) => (one.package < other.package ? -1 : 1));
}

const KEYWORD = "batchwise-adapter";

async function describe(name: string, place: string): Promise<InstalledPlugin> {
  try {
    return await openPlugin(name, [place]);
  } catch (error) {
    const version = (await findPackage(name, place))?.version;
    return { package: name, version, adapters: [], error: toError(error) };
  }
}

async function pluginsIn(place: string): Promise<string[]> {
  const own = await packageAround(place);
  const root = own?.folder ?? place;
  const names = new Set([...dependenciesOf(own), ...(await namesIn(path.join(root, "node_modules")))]);
  const others = await Promise.all(
    [...names].map((name) => findPackage(name, root).then((each) => [name, each] as const)),
  );
  const plugins = others.filter(([, each]) => each !== undefined && isPlugin(each)).map(([name]) => name);
  return own !== undefined && isPlugin(own) ? [own.name, ...plugins] : plugins;
}

function isPlugin({ manifest: { keywords } }: PackageFolder): boolean {
  return Array.isArray(keywords) && keywords.includes(KEYWORD);
}

function dependenciesOf(own: PackageFolder | undefined): string[] {
  const { dependencies, devDependencies, optionalDependencies, peerDependencies } = own?.manifest ?? {};
  return [dependencies, devDependencies, optionalDependencies, peerDependencies].flatMap((each) =>
    typeof each === "object" && each !== null ? Object.keys(each) : [],
  );
}

/** Packages in a node_modules folder, those in scopes included. */
async function namesIn(folder: string): Promise<string[]> {
  const entries = (await entriesOf(folder)).filter((entry) => !entry.startsWith("."));
  const names = entries.map(async (entry) => {
    if (!entry.startsWith("@")) return [entry];
    return (await entriesOf(path.join(folder, entry))).map((each) => `${entry}/${each}`);
  });
  return (await Promise.all(names)).flat();
}

function entriesOf(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
