import type { Contender } from "./contender.ts";

/** Module of each contender. A process that measures one loads only that one. */
const modules: Readonly<Record<string, () => Promise<{ readonly contenders: readonly Contender[] }>>> = {
  "hand-written": () => import("./hand-written.ts"),
  batchwise: () => import("./batchwise.ts"),
  async: () => import("./async.ts"),
  "p-map": () => import("./p-map.ts"),
  effect: () => import("./effect.ts"),
  "p-limit": () => import("./p-limit.ts"),
  "p-queue": () => import("./p-queue.ts"),
  langchain: () => import("./langchain.ts"),
};

/** Names of the contenders' modules, the hand-written one first. */
export const contenderModules: readonly string[] = Object.keys(modules);

/**
 * Contenders of one module.
 *
 * @throws Error when there is no module of that name.
 */
export async function loadContenders(module: string): Promise<readonly Contender[]> {
  const load = modules[module];
  if (load === undefined) {
    throw new Error(`Expected a contender module (${contenderModules.join(", ")}), got ${JSON.stringify(module)}.`);
  }
  return (await load()).contenders;
}

/** Every contender, the hand-written loop first. */
export async function loadAllContenders(): Promise<readonly Contender[]> {
  return (await Promise.all(contenderModules.map((module) => loadContenders(module)))).flat();
}
