import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { bringVerdaccio } from "./verdaccio.ts";
import { REPOSITORY, type Workplace } from "./workplace.ts";

/** Registry on loopback that ends with the process. */
export interface Registry {
  /** Ends with a slash. */
  readonly url: string;
  /** Folder of the packages that were published to it. */
  readonly storage: string;
  /** Environment with which npm and pnpm use only this registry. */
  readonly env: Readonly<Record<string, string>>;
  /** Content of a `.npmrc` with which npm and pnpm may publish. */
  readonly npmrc: string;
  close(): Promise<void>;
}

/** Starts a registry that serves `own` packages itself and gets all others from the one that npm is set to. */
export async function startRegistry(workplace: Workplace, own: readonly string[]): Promise<Registry> {
  const folder = await workplace.folder("registry");
  const storage = join(folder, "storage");
  const upstream = (await workplace.run("npm", ["config", "get", "registry"], { cwd: REPOSITORY })).trim();
  const everyone = { access: "$all", publish: "$all" };
  const config = {
    storage,
    auth: { htpasswd: { file: join(folder, "htpasswd") } },
    // By default two failures would count as down; tarballs are cached by npm already.
    uplinks: { upstream: { url: upstream, cache: false, maxage: "1d", max_fails: 1000, timeout: "60s" } },
    packages: {
      ...Object.fromEntries(own.map((name) => [name, everyone])),
      "**": { ...everyone, proxy: "upstream" },
    },
    max_body_size: "100mb",
    log: { type: "file", path: join(folder, "log"), format: "json", level: "warn" },
  };
  // JSON is YAML.
  await writeFile(join(folder, "config.yaml"), JSON.stringify(config));
  const runServer = await bringVerdaccio(workplace);
  const server = await runServer(join(folder, "config.yaml"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    url: `http://${host}`,
    storage,
    env: { npm_config_registry: `http://${host}`, PNPM_CONFIG_REGISTRY: `http://${host}` },
    npmrc: `registry=http://${host}\n//${host}:_authToken=anyone\n`,
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
