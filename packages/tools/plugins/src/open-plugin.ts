import { type Adapter, ArgumentError } from "@batchwise/core";
import { checkCore } from "./check-core.ts";
import { importFrom } from "./import-from.ts";
import { findPackage, type PackageFolder } from "./places.ts";
import { readAdapters } from "./read-adapters.ts";

/** Package and its adapters. */
export interface Plugin {
  readonly package: string;
  readonly version: string | undefined;
  readonly adapters: readonly Adapter[];
}

/**
 * Opens a package from the first of `places` that has it.
 *
 * @throws ArgumentError when none has it, it cannot be imported, it does not export a list of adapters, or it is written
 * for another major version of core
 */
export async function openPlugin(name: string, places: readonly string[]): Promise<Plugin> {
  for (const place of places) {
    const found = await findPackage(name, place);
    if (found === undefined) continue;
    await checkCore(found);
    return { package: name, version: found.version, adapters: readAdapters(name, await load(name, place, found)) };
  }
  // A loader of the user's own may find it without folders.
  const [place = ""] = places;
  return { package: name, version: undefined, adapters: readAdapters(name, await load(name, place, undefined)) };
}

async function load(name: string, place: string, found: PackageFolder | undefined): Promise<object> {
  try {
    return await importFrom(place, name);
  } catch (cause) {
    if (found === undefined && codeIn(cause) === "ERR_MODULE_NOT_FOUND") {
      throw new ArgumentError(
        `Expected ${name} to be installed in ${place} or above it, got no such package. Install it there: npm i ${name}`,
      );
    }
    throw new ArgumentError(
      `Expected ${name}, which is installed, to be importable, got: ${reasonOf(cause)}. ` +
        `Install it again: npm i ${name}. If that does not help, tell its author.`,
      { cause },
    );
  }
}

/** Message of Node's loader, which names files and exports; of other errors the name alone: they may hold anything. */
function reasonOf(error: unknown): string {
  const isLoaders = codeIn(error)?.startsWith("ERR_") === true || error instanceof SyntaxError;
  if (isLoaders && error instanceof Error) return (error.message.split("\n", 1)[0] ?? "").replace(/\.$/, "");
  return `it threw ${error instanceof Error ? error.name : "a value that is not an Error"}`;
}

function codeIn(error: unknown): string | undefined {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}
