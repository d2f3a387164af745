import { type Adapter, ArgumentError } from "@batchwise/core";
import { checkCore } from "./check-core.ts";
import { importFrom } from "./import-from.ts";
import { findPackage, type PackageFolder } from "./places.ts";
import { readAdapters } from "./read-adapters.ts";

/** A package with what it has. */
export interface Plugin {
  readonly package: string;
  readonly version: string | undefined;
  readonly adapters: readonly Adapter[];
}

/**
 * The package that the first of `places` has.
 *
 * @throws ArgumentError when none has it, it can't be imported, what it exports is no list of adapters, or it is
 * written for another core
 */
export async function openPlugin(name: string, places: readonly string[]): Promise<Plugin> {
  for (const place of places) {
    const found = await findPackage(name, place);
    if (found === undefined) continue;
    await checkCore(found);
    return { package: name, version: found.version, adapters: readAdapters(name, await load(name, place, found)) };
  }
  // A loader of the user's own may have it where there are no folders.
  const [place = ""] = places;
  return { package: name, version: undefined, adapters: readAdapters(name, await load(name, place, undefined)) };
}

async function load(name: string, place: string, found: PackageFolder | undefined): Promise<object> {
  try {
    return await importFrom(place, name);
  } catch (cause) {
    if (found === undefined && codeIn(cause) === "ERR_MODULE_NOT_FOUND") {
      throw new ArgumentError(`${name} is not installed in ${place}, nor above it. Install it there: npm i ${name}`);
    }
    throw new ArgumentError(
      `${name} is installed, but cannot be imported: ${reasonOf(cause)}. ` +
        `Install it again: npm i ${name}. If that does not help, tell its author.`,
      { cause },
    );
  }
}

/** Node's own messages about modules name files and exports; of others, nobody knows what they hold. */
function reasonOf(error: unknown): string {
  const isLoaders = codeIn(error)?.startsWith("ERR_") === true || error instanceof SyntaxError;
  if (isLoaders && error instanceof Error) return (error.message.split("\n", 1)[0] ?? "").replace(/\.$/, "");
  return `it threw ${error instanceof Error ? error.name : "something that is no Error"}`;
}

function codeIn(error: unknown): string | undefined {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}
