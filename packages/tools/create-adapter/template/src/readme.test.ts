import { systemClock } from "@batchwise/core";
import { ScriptedBackend, snippetsIn } from "@batchwise/testkit";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
// #region concurrent
import { serveChat } from "./fixtures/serve-chat.ts";
// #endregion
// #region bulk
import { serveEmbeddings } from "./fixtures/serve-embeddings.ts";
// #endregion
import * as own from "./index.ts";

const snippets = await snippetsIn(new URL("../README.md", import.meta.url));

/** What each snippet prints. */
const printed: readonly unknown[][] = [
  // #region bulk
  [3, 2],
  // #endregion
  // #region concurrent
  ["Answer"],
  // #endregion
];

beforeAll(() => {
  vi.stubEnv("MY_PROVIDER_API_KEY", "k");
  vi.stubGlobal("fetch", (...[url, init]: Parameters<typeof globalThis.fetch>) => {
    const path = new URL(url).pathname;
    // #region bulk
    const embeddings = new ScriptedBackend({ answer: (_text: string) => [1, 2], clock: systemClock });
    if (path.endsWith("/embeddings")) return serveEmbeddings(embeddings)(url, init);
    // #endregion
    // #region concurrent
    const chat = new ScriptedBackend({ answer: (_prompt: string) => "Answer", clock: systemClock });
    if (path.endsWith("/chat/completions")) return serveChat(chat)(url, init);
    // #endregion
    throw new Error(`Nothing is served at ${path}.`);
  });
});
afterAll(() => {
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
});

test("the README's snippets run as they stand there", async () => {
  const lines: unknown[][] = [];
  for (const snippet of snippets) lines.push(...(await snippet.run({ "batchwise-my-provider": own })));
  expect(lines).toEqual(printed);
});
