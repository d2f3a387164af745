import { ArgumentError } from "@batchwise/core";
import { listAdapters, type LoadedAdapter, loadAdapter } from "@batchwise/plugins";
import { nearest } from "./nearest.ts";

/**
 * Loads an adapter that is installed in the user's folder, or beside this package.
 *
 * @throws ArgumentError that names what is like it, where there is no such adapter
 */
export async function findAdapter(reference: string, folder: string): Promise<LoadedAdapter> {
  const from = placesFrom(folder);
  try {
    return await loadAdapter(reference, { from });
  } catch (error) {
    if (!ArgumentError.isInstance(error)) throw error;
    const names = (await listAdapters({ from })).flatMap(({ package: name, adapters }) =>
      adapters.map((adapter) => `${name}#${adapter.name}`),
    );
    const alike = nearest(reference, names);
    // A package that is there names its own adapters.
    if (alike.length === 0 || alike.some((name) => error.message.includes(name))) throw error;
    throw new ArgumentError(`${error.message}\nDid you mean ${alike.join(" or ")}?`, { cause: error.cause });
  }
}

/** Where packages are looked for. */
export function placesFrom(folder: string): string[] {
  return [folder, import.meta.dirname];
}
