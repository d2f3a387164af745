import type { StreamContender } from "./stream-contender.ts";

/** Module of each contender. A process that measures one loads only that one. */
const modules: Readonly<Record<string, () => Promise<{ readonly contenders: readonly StreamContender[] }>>> = {
  "hand-written": () => import("./hand-written.ts"),
  batchwise: () => import("./batchwise.ts"),
  "p-map": () => import("./p-map.ts"),
  effect: () => import("./effect.ts"),
};

/** Names of the stream contenders' modules, the hand-written one first. */
export const streamModules: readonly string[] = Object.keys(modules);

/**
 * Stream contenders of one module.
 *
 * @throws Error when there is no module of that name.
 */
export async function loadStreamContenders(module: string): Promise<readonly StreamContender[]> {
  const load = modules[module];
  if (load === undefined) {
    throw new Error(`Expected a stream module (${streamModules.join(", ")}), got ${JSON.stringify(module)}.`);
  }
  return (await load()).contenders;
}

/** Every stream contender, the hand-written generator first. */
export async function loadAllStreamContenders(): Promise<readonly StreamContender[]> {
  return (await Promise.all(streamModules.map((module) => loadStreamContenders(module)))).flat();
}
