import { join } from "node:path";
import type { Registry } from "./registry.ts";
import { install } from "./install.ts";
import type { Workplace } from "./workplace.ts";

/** Program of a major version of Node: this process's own if it fits, else one from npm. */
export async function nodeOf(
  workplace: Workplace,
  registry: Registry,
  major: number,
): Promise<{ readonly program: string }> {
  if (process.versions.node.startsWith(`${major}.`)) return { program: process.execPath };
  const folder = await install(workplace, registry, `node-${major}`, [`node@${major}`]);
  return { program: join(folder, "node_modules/node/bin/node") };
}
