import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { withOptionTables } from "@batchwise/adapter-kit";
import { systemClock } from "@batchwise/core";
import { ScriptedBackend, snippetsIn } from "@batchwise/testkit";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
// #region chat
import { CHAT } from "./chat.ts";
import { serveChat } from "./fixtures/serve-chat.ts";
// #endregion
// #region embeddings
import { EMBEDDINGS } from "./embeddings.ts";
import { serveEmbeddings } from "./fixtures/serve-embeddings.ts";
// #endregion
// #region rerank
import { serveRerank } from "./fixtures/serve-rerank.ts";
import { RERANK } from "./rerank.ts";
// #endregion
import * as own from "./index.ts";
import { COMMON } from "./options.ts";

const README = fileURLToPath(new URL("../README.md", import.meta.url));

/** What each snippet prints. */
const printed: readonly unknown[][] = [
  // #region embeddings
  [3, 2],
  // #endregion
  // #region chat
  ["Answer"],
  // #endregion
  // #region rerank
  ["Oslo"],
  // #endregion
];

beforeAll(() => {
  vi.stubEnv("MY_PROVIDER_API_KEY", "k");
  vi.stubGlobal("fetch", (...[url, init]: Parameters<typeof globalThis.fetch>) => {
    const path = new URL(url).pathname;
    // #region embeddings
    const embeddings = new ScriptedBackend({ answer: (_text: string) => [1, 2], clock: systemClock });
    // TODO: its path.
    if (path.endsWith("/embeddings")) return serveEmbeddings(embeddings)(url, init);
    // #endregion
    // #region chat
    const chat = new ScriptedBackend({ answer: (_prompt: string) => "Answer", clock: systemClock });
    // TODO: its path.
    if (path.endsWith("/chat/completions")) return serveChat(chat)(url, init);
    // #endregion
    // #region rerank
    const scores = (_input: { query: string; documents: readonly string[] }): number[] => [0.1, 0.9, 0.2];
    const rerank = new ScriptedBackend({ answer: scores, clock: systemClock });
    // TODO: its path.
    if (path.endsWith("/rerank")) return serveRerank(rerank)(url, init);
    // #endregion
    return Promise.resolve(new Response(null, { status: 404 }));
  });
});
afterAll(() => {
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
});

test("the README's snippets run as they stand there", async () => {
  const lines: unknown[][] = [];
  for (const snippet of await snippetsIn(new URL("../README.md", import.meta.url))) {
    lines.push(...(await snippet.run({ "batchwise-my-provider": own })));
  }
  expect(lines).toEqual(printed);
});

test("the README's options are those that are declared: `npx vitest run -u` writes them", async () => {
  const groups = {
    shared: COMMON,
    // #region embeddings
    embeddings: EMBEDDINGS.group,
    // #endregion
    // #region chat
    chat: CHAT.group,
    // #endregion
    // #region rerank
    rerank: RERANK.group,
    // #endregion
  };
  await expect(withOptionTables(await readFile(README, "utf8"), groups)).toMatchFileSnapshot(README);
});
