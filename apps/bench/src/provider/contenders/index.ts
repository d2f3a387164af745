import type { ProviderContender } from "./contender.ts";

/** Name of Batchwise among the contenders. */
export const OURS = "Batchwise";

/** Module of each contender. A process that runs one loads only that one. */
const modules: Readonly<Record<string, () => Promise<{ readonly contender: ProviderContender }>>> = {
  [OURS]: async () => import("./batchwise.ts"),
  "openai + p-map + p-retry": async () => import("./p-map.ts"),
  "openai + p-map, bisecting": async () => import("./p-map-bisecting.ts"),
  "openai + p-queue": async () => import("./p-queue.ts"),
  "openai + Effect RateLimiter": async () => import("./effect.ts"),
  LangChain: async () => import("./langchain.ts"),
  "AI SDK": async () => import("./ai-sdk.ts"),
};

/** Names of all contenders, ours first. */
export const contenderNames: readonly string[] = Object.keys(modules);

/**
 * Loads the contender of that name.
 *
 * @throws Error when there is none.
 */
export async function contenderNamed(name: string): Promise<ProviderContender> {
  const load = modules[name];
  if (load === undefined) {
    throw new Error(`Expected a contender (${contenderNames.join(", ")}), got ${JSON.stringify(name)}.`);
  }
  return (await load()).contender;
}
