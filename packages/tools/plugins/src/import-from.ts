import { registerHooks } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

type Module = Readonly<Record<string, unknown>>;

/**
 * Imports a package as a module in `place` would. Node's own loader does it, so that packages with only an `import`
 * condition, workspaces, links and `--conditions` mean what they mean everywhere.
 *
 * `import()` resolves from the file in which it is written, `import.meta.resolve` takes no other place, and
 * `require.resolve` no `import` condition: so a hook says for the moment which file is asking.
 */
export async function importFrom(place: string, name: string): Promise<Module> {
  const { importNatively } = (await import(NATIVE)) as { importNatively: (specifier: string) => Promise<Module> };
  const parentURL = pathToFileURL(path.join(place, "batchwise-plugins.js")).href;
  // Holds the place too: another import may be under way.
  const asked = `batchwise-from:${name}?${parentURL}`;
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      specifier === asked ? next(name, { ...context, parentURL }) : next(specifier, context),
  });
  try {
    return await importNatively(asked);
  } finally {
    hooks.deregister();
  }
}

/** Module of its own: bundlers and test runners replace an `import()` that they can see. */
const NATIVE = "data:text/javascript,export const importNatively = (specifier) => import(specifier);";
