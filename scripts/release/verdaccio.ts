import { writeFile } from "node:fs/promises";
import type { Server } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Workplace } from "./workplace.ts";

const VERSION = "6.10.4";
/** The version of node-fetch that it asks for is known by a tag, and not every registry passes tags on. */
const OVERRIDES = { "verdaccio-audit": { "node-fetch": "2.7.0" } };

/** Starts a registry from the file of its configuration. */
type RunServer = (config: string) => Promise<Server>;

/** Installs Verdaccio in the workplace: nothing but this check needs it and the hundreds of packages that it brings. */
export async function bringVerdaccio(workplace: Workplace): Promise<RunServer> {
  const folder = await workplace.folder("verdaccio");
  const manifest = { private: true, dependencies: { verdaccio: VERSION }, overrides: OVERRIDES };
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
  await workplace.run("npm", ["install", "--prefer-offline", "--omit=dev", "--ignore-scripts"], { cwd: folder });
  const entry = createRequire(join(folder, "package.json")).resolve("verdaccio");
  const { default: verdaccio } = (await import(pathToFileURL(entry).href)) as {
    readonly default: { readonly runServer: RunServer };
  };
  return verdaccio.runServer;
}
