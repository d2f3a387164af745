import * as theirOpenAI from "@ai-sdk/openai";
import * as cohere from "@batchwise/cohere";
import { type Emulator, startEmulator } from "@batchwise/emulator";
import * as openai from "@batchwise/openai";
import * as ai from "ai";
import { snippetsIn } from "@batchwise/testkit";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import * as aiSdk from "./index.ts";

const snippets = await snippetsIn(new URL("../README.md", import.meta.url));
const modules = {
  "@ai-sdk/openai": theirOpenAI,
  "@batchwise/ai-sdk": aiSdk,
  "@batchwise/cohere": cohere,
  "@batchwise/openai": openai,
  ai,
};
let emulator: Emulator;

beforeAll(async () => {
  emulator = await startEmulator({ seed: 1 });
  const { fetch } = globalThis;
  vi.stubEnv("OPENAI_API_KEY", "key");
  vi.stubEnv("CO_API_KEY", "key");
  vi.stubGlobal("fetch", (url: string, init: RequestInit) =>
    fetch(
      url
        .replace("https://api.cohere.com", emulator.cohereBaseURL)
        .replace("https://api.openai.com/v1", emulator.openaiBaseURL),
      init,
    ),
  );
});

afterAll(async () => {
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
  await emulator.close();
});

test("the README has a snippet for each direction", () => {
  expect(snippets.map(({ code }) => [...code.matchAll(/\b(from|to)\w+Model(?=\()/g)].map(([name]) => name))).toEqual([
    ["fromEmbeddingModel", "fromLanguageModel"],
    ["toEmbeddingModel", "toRerankingModel"],
  ]);
});

test("the snippet of theirs to ours runs, and prints what it says", async () => {
  expect(await snippets[0]?.run(modules)).toEqual([
    [2, 1536],
    [2, "string"],
  ]);
});

test("the snippet of ours to theirs runs, and prints what it says", async () => {
  expect(await snippets[1]?.run(modules)).toEqual([[2, 1536], [expect.any(String)]]);
});
