import { existsSync } from "node:fs";
import { readFile, realpath, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { Copy } from "./copy.ts";
import { type Manifest, readManifest, requiredPeers } from "./manifest.ts";
import type { Registry } from "./registry.ts";
import type { Workplace } from "./workplace.ts";

/** Skips onnxruntime's files for graphics cards, which are not used here. */
const NO_GRAPHICS = { ONNXRUNTIME_NODE_INSTALL: "skip" };

/** Installs packages into a folder as a user does, a new one unless it exists, and resolves to it. */
export async function install(
  workplace: Workplace,
  registry: Registry,
  name: string,
  packages: readonly string[],
): Promise<string> {
  const folder = await workplace.folder(join("install", name));
  const manifest = join(folder, "package.json");
  if (!existsSync(manifest)) await writeFile(manifest, `{ "private": true, "type": "module" }\n`);
  await workplace.run("npm", ["install", "--prefer-offline", ...packages], {
    cwd: folder,
    env: { ...registry.env, ...NO_GRAPHICS },
  });
  return folder;
}

/**
 * Installs one package alone: npm must install exactly what it and its dependencies ask for, and of this workspace only
 * what its own package.json names. Resolves to the names of all.
 */
export async function checkInstall(
  workplace: Workplace,
  copy: Copy,
  registry: Registry,
  name: string,
): Promise<string> {
  const folder = await install(workplace, registry, aloneFolder(name), [name]);
  const installed = await installedIn(folder);
  const needed = await closure(folder, name);
  const faults = [
    ...difference(installed, needed).map((path) => `${path} is installed, and nothing asks for it`),
    ...difference(needed, installed).map((path) => `${path} is asked for, and not installed`),
  ];

  const ours = new Set(copy.packages.map(({ manifest }) => manifest.name));
  const expected = ownClosure(copy, name);
  const got = new Set([...installed].map(nameOf).filter((each) => ours.has(each)));
  faults.push(
    ...difference(got, expected).map((each) => `${each} is installed and not one of its dependencies`),
    ...difference(expected, got).map((each) => `${each} is a dependency and is not installed`),
  );
  if (faults.length > 0) throw new Error(faults.join("\n"));
  const names = [...new Set([...installed].map(nameOf))].toSorted();
  return `${name}: ${names.length} packages: ${names.join(", ")}`;
}

/** Folder into which `checkInstall` installs a package. */
export function aloneFolder(name: string): string {
  return `${name.split("/").at(-1)}-alone`;
}

/** Folders of all packages that npm has installed, within the folder. */
async function installedIn(folder: string): Promise<Set<string>> {
  const lock = JSON.parse(await readFile(join(folder, "node_modules/.package-lock.json"), "utf8")) as {
    packages: Record<string, object>;
  };
  return new Set(Object.keys(lock.packages));
}

/** Folders of a package and of all that it asks for, found as Node finds them. */
async function closure(folder: string, name: string): Promise<Set<string>> {
  const root = await realpath(folder);
  const found = new Set<string>();
  const open = [{ name, from: root, isOptional: false }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const at = await resolve(next.name, next.from, root);
    if (at === undefined) {
      if (!next.isOptional) found.add(`${next.name} (for ${relative(root, next.from)})`);
      continue;
    }
    const path = relative(root, at.folder).replaceAll("\\", "/");
    if (found.has(path)) continue;
    found.add(path);
    const optional = Object.keys(at.manifest.optionalDependencies ?? {});
    const required = [...Object.keys(at.manifest.dependencies ?? {}), ...requiredPeers(at.manifest)];
    for (const each of new Set([...required, ...optional])) {
      open.push({ name: each, from: at.folder, isOptional: optional.includes(each) });
    }
  }
  return found;
}

async function resolve(
  name: string,
  from: string,
  root: string,
): Promise<{ readonly folder: string; readonly manifest: Manifest } | undefined> {
  const folder = join(from, "node_modules", name);
  const manifest = await readManifest(folder).catch(() => undefined);
  if (manifest !== undefined) return { folder, manifest };
  return from === root ? undefined : resolve(name, dirname(from), root);
}

/** Packages of this workspace on which one of them depends, by their own package.json. */
function ownClosure(copy: Copy, name: string, found: Set<string> = new Set()): Set<string> {
  const manifest = copy.packages.find((each) => each.manifest.name === name)?.manifest;
  if (manifest === undefined || found.has(name)) return found;
  found.add(name);
  for (const each of [...Object.keys(manifest.dependencies ?? {}), ...requiredPeers(manifest)]) {
    ownClosure(copy, each, found);
  }
  return found;
}

function difference(left: ReadonlySet<string>, right: ReadonlySet<string>): string[] {
  return [...left].filter((each) => !right.has(each)).toSorted();
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
}
