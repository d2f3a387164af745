import { ArgumentError } from "@batchwise/core";
import { findPackage, type PackageFolder } from "./places.ts";

const CORE = "@batchwise/core";

/**
 * @throws ArgumentError where a plugin gets a core of another major version than this package. Two copies of one major
 * version know each other's Runnables and errors by their marks.
 */
export async function checkCore(plugin: PackageFolder): Promise<void> {
  const [theirs, ours] = await Promise.all([findPackage(CORE, plugin.folder), findPackage(CORE, import.meta.dirname)]);
  if (theirs?.version === undefined || ours?.version === undefined) return;
  if (majorOf(theirs.version) === majorOf(ours.version)) return;
  throw new ArgumentError(
    `${plugin.name} ${plugin.version ?? ""} works with ${CORE} ${theirs.version}, and this program with ` +
      `${ours.version}: the first number has to be the same. ` +
      `Install a version of ${plugin.name} that fits, or update this program.`,
  );
}

function majorOf(version: string): string {
  return version.split(".", 1)[0] ?? "";
}
