import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Copy } from "./copy.ts";
import { install } from "./install.ts";
import type { Registry } from "./registry.ts";
import type { Workplace } from "./workplace.ts";

/** Package of another author that is scaffolded, published and used. */
export const PLUGIN = "batchwise-my-provider";

/** Scaffolds a plugin as its author would, with what the registry has. */
export async function scaffoldPlugin(workplace: Workplace, registry: Registry): Promise<{ readonly folder: string }> {
  const cwd = await workplace.folder("author");
  const args = ["create", "--yes", "batchwise-adapter", PLUGIN, "--", "--yes", "--strategy", "bulk"];
  await workplace.run("npm", args, { cwd, env: registry.env });
  const folder = join(cwd, PLUGIN);
  await appendFile(join(folder, ".npmrc"), registry.npmrc);
  await workplace.run("npm", ["install", "--prefer-offline"], { cwd: folder, env: registry.env });
  return { folder };
}

/** Runs its tests and its build, and publishes it. */
export async function publishPlugin(workplace: Workplace, registry: Registry, folder: string): Promise<string> {
  const options = { cwd: folder, env: registry.env };
  const tests = await workplace.run("npm", ["test"], options);
  await workplace.run("npm", ["run", "build"], options);
  await workplace.run("npm", ["publish", "--provenance=false"], options);
  return /^\s*Tests\s.*$/m.exec(tests)?.[0].trim() ?? "";
}

/** Installs it as its user would, and loads it by name. */
export async function usePlugin(workplace: Workplace, registry: Registry): Promise<{ readonly folder: string }> {
  const packages = [PLUGIN, "@batchwise/plugins", "@batchwise/emulator"];
  const folder = await install(workplace, registry, "plugin-user", packages);
  await writeFile(join(folder, "load.js"), LOADER);
  const output = await workplace.run(process.execPath, ["load.js"], { cwd: folder });
  if (output.trim() !== "3 vectors of 256") throw new Error(`Expected 3 vectors of 256, got:\n${output}`);
  return { folder };
}

/** Searches with it in the sample application, from the user's folder. */
export async function searchWithPlugin(workplace: Workplace, copy: Copy, folder: string): Promise<string> {
  await writeFile(join(folder, "search.js"), SEARCHER);
  const docsearch = join(copy.root, "apps/docsearch/src/main.ts");
  const output = await workplace.run(process.execPath, ["search.js", docsearch], {
    cwd: folder,
    env: { BATCHWISE_CACHE_DIR: join(workplace.root, "cache") },
  });
  const [found] = /^.*\.md\b.*$/m.exec(output) ?? [];
  if (found === undefined) throw new Error(`Expected passages of documentation, got:\n${output}`);
  return `found: ${found.trim()}`;
}

const LOADER = `
import { startEmulator } from "@batchwise/emulator";
import { loadAdapter } from "@batchwise/plugins";

const emulator = await startEmulator({ tokens: "fast", dimensions: 256 });
process.env.MY_PROVIDER_API_KEY = "any";
const { create } = await loadAdapter("${PLUGIN}#embeddings", { from: process.cwd(), kind: "embeddings" });
const embeddings = create({ baseURL: emulator.openaiBaseURL, model: "text-embedding-3-small" });
const vectors = await embeddings.batch(["one", "two", "three"]);
console.log(vectors.length + " vectors of " + vectors[0].length);
await emulator.close();
`;

const SEARCHER = `
import { spawn } from "node:child_process";
import { once } from "node:events";
import { startEmulator } from "@batchwise/emulator";

const emulator = await startEmulator({ tokens: "fast" });
const options = JSON.stringify({ baseURL: emulator.openaiBaseURL, model: "text-embedding-3-small" });
const args = ["--conditions=@batchwise/source", process.argv[2], "--embed", "${PLUGIN}#embeddings", "--embed-options", options];
const child = spawn(process.execPath, [...args, "How do I start it?"], {
  stdio: ["ignore", "inherit", "inherit"],
  env: { ...process.env, MY_PROVIDER_API_KEY: "any" },
});
[process.exitCode] = await once(child, "close");
await emulator.close();
`;
