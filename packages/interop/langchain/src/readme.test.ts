import { type Emulator, startEmulator } from "@batchwise/emulator";
import * as openai from "@batchwise/openai";
import * as parsers from "@langchain/core/output_parsers";
import * as prompts from "@langchain/core/prompts";
import * as theirOpenAI from "@langchain/openai";
import { snippetsIn } from "@batchwise/testkit";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import * as langchain from "./index.ts";

const snippets = await snippetsIn(new URL("../README.md", import.meta.url));
const modules = {
  "@batchwise/langchain": langchain,
  "@batchwise/openai": openai,
  "@langchain/core/output_parsers": parsers,
  "@langchain/core/prompts": prompts,
  "@langchain/openai": theirOpenAI,
};
let emulator: Emulator;

beforeAll(async () => {
  emulator = await startEmulator({ seed: 1 });
  vi.stubEnv("OPENAI_API_KEY", "key");
  vi.stubEnv("OPENAI_BASE_URL", emulator.openaiBaseURL);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await emulator.close();
});

test("the README has a snippet for each direction", () => {
  expect(
    snippets.map(({ code }) => [...code.matchAll(/\b(from|to)LangChain\w*(?=\()/g)].map(([name]) => name)),
  ).toEqual([
    ["fromLangChain", "fromLangChainEmbeddings"],
    ["toLangChain", "toLangChainEmbeddings"],
  ]);
});

test("the snippet of theirs to ours runs, and prints what it says", async () => {
  expect(await snippets[0]?.run(modules)).toEqual([
    [3, true],
    [2, 1536],
  ]);
});

test("the snippet of ours to theirs runs, and prints what it says", async () => {
  expect(await snippets[1]?.run(modules)).toEqual([
    [2, "string"],
    [2, 1536],
  ]);
});
