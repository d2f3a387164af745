import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { withOptionTables } from "@batchwise/adapter-kit";
import { type Emulator, startEmulator } from "@batchwise/emulator";
import { snippetsIn } from "@batchwise/testkit";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import * as zod from "zod";
import { CHAT } from "./chat.ts";
import { CLASSIFY } from "./classify.ts";
import { EMBEDDINGS } from "./embeddings.ts";
import * as cohere from "./index.ts";
import { sharedOptions } from "./options.ts";
import { RERANK } from "./rerank.ts";

const snippets = await snippetsIn(new URL("../README.md", import.meta.url));
const modules = { "@batchwise/cohere": cohere, zod };
let emulator: Emulator;

beforeAll(async () => {
  emulator = await startEmulator({ seed: 1 });
  const { fetch } = globalThis;
  vi.stubEnv("CO_API_KEY", "key");
  vi.stubGlobal("fetch", (url: string, init: RequestInit) =>
    fetch(url.replace("https://api.cohere.com", emulator.cohereBaseURL), init),
  );
});

afterAll(async () => {
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
  await emulator.close();
});

test("the README's tables of options say what the declarations say (`npx vitest -u` writes them)", async () => {
  const path = fileURLToPath(new URL("../README.md", import.meta.url));
  const groups = {
    shared: sharedOptions("embed"),
    embeddings: EMBEDDINGS.group,
    rerank: RERANK.group,
    chat: CHAT.group,
    classify: CLASSIFY.group,
  };
  await expect(withOptionTables(await readFile(path, "utf8"), groups)).toMatchFileSnapshot(path);
});

test("the README has a snippet for each Runnable", () => {
  expect(snippets.map(({ code }) => /new (\w+)/.exec(code)?.[1])).toEqual([
    "CohereEmbeddings",
    "CohereRerank",
    "CohereChat",
    "CohereClassify",
    "CohereChat",
  ]);
});

test("the snippet of embeddings runs, and prints what it says", async () => {
  expect(await snippets[0]?.run(modules)).toEqual([[3, 1536]]);
});

test("the snippet of rerank runs, and prints what it says", async () => {
  const [best, count] = (await snippets[1]?.run(modules)) ?? [];
  expect(best?.[0]).toHaveLength(2);
  expect(count).toEqual([2]);
});

test("the snippet of chat runs", async () => {
  const printed = (await snippets[2]?.run(modules)) ?? [];
  expect(printed[0]?.[0]).toHaveLength(2);
  expect(printed.slice(1, -1).join("")).toContain("What is a stack?");
  expect(printed.at(-1)).toEqual([expect.any(String), expect.any(Number)]);
});

test.each([3, 4])("both ways to classify run (snippet %i)", async (snippet) => {
  const [printed] = (await snippets[snippet]?.run(modules)) ?? [];
  expect(printed?.[0]).toHaveLength(2);
});
