import { writeFile } from "node:fs/promises";
import type { Server } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Workplace } from "./workplace.ts";

const VERSION = "6.10.4";
/** Version of node-fetch: Verdaccio asks for it by a tag, and not every registry passes tags on. */
const OVERRIDES = { "verdaccio-audit": { "node-fetch": "2.7.0" } };

/** Starts a registry from its configuration file. */
type RunServer = (config: string) => Promise<Server>;

/** Installs Verdaccio in the workplace: only this check needs it and its hundreds of packages. */
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
