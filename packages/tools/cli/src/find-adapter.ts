import { ArgumentError } from "@batchwise/core";
import { listAdapters, type LoadedAdapter, loadAdapter } from "@batchwise/plugins";
import { nearest } from "@batchwise/terminal";

/**
 * Loads an adapter that is installed in the user's folder, or next to this package.
 *
 * @throws ArgumentError with similar names, where there is no such adapter
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
    const similar = nearest(reference, names);
    // The error of an installed package names its adapters.
    if (similar.length === 0 || similar.some((name) => error.message.includes(name))) throw error;
    const message = `${error.message}\nDid you mean ${similar.join(" or ")}?`;
    throw new ArgumentError(message, { cause: error.cause });
  }
}

/** Folders in which packages are looked for. */
export function placesFrom(folder: string): string[] {
  return [folder, import.meta.dirname];
}
