import { ArgumentError } from "@batchwise/core";
import { findPackage, type PackageFolder } from "./places.ts";

const CORE = "@batchwise/core";

/**
 * @throws ArgumentError when a plugin gets a core of another major version than this package. Two copies of one major
 * version recognize each other's Runnables and errors by their marks.
 */
export async function checkCore(plugin: PackageFolder): Promise<void> {
  const [theirs, ours] = await Promise.all([findPackage(CORE, plugin.folder), findPackage(CORE, import.meta.dirname)]);
  if (theirs?.version === undefined || ours?.version === undefined) return;
  if (majorOf(theirs.version) === majorOf(ours.version)) return;
  throw new ArgumentError(
    `Expected ${plugin.name} ${plugin.version ?? ""} to use the same major version of ${CORE} as this program ` +
      `(${ours.version}), got ${theirs.version}. Install a version of ${plugin.name} that fits, or update this program.`,
  );
}

function majorOf(version: string): string {
  return version.split(".", 1)[0] ?? "";
}
