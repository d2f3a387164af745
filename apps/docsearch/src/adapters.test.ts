import { PRICES } from "@batchwise/openai";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Embedder, openEmbedder } from "./adapters.ts";

// A safeguard, not a measure: SDKs are loaded, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 });

beforeEach(() => {
  vi.stubEnv("OPENAI_API_KEY", "sk-one");
  vi.stubEnv("OPENAI_BASE_URL", undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

function openai(embedOptions: object = {}): Promise<Embedder> {
  return openEmbedder({ embed: "openai", embedOptions, top: 5, json: false }, { workingFolder: import.meta.dirname });
}

/** Key of the vectors of these options. */
async function namespaceOf(options: object = {}): Promise<string> {
  return JSON.stringify((await openai(options)).namespace);
}

test("model, dimensions, server and other options keep vectors apart", async () => {
  const different = [{}, { model: "a" }, { user: "me" }, { truncate: true }, { baseURL: "http://localhost:1/v1" }];
  const all = await Promise.all([...different, { dimensions: 5 }].map(namespaceOf));
  vi.stubEnv("OPENAI_BASE_URL", "http://localhost:2/v1");
  expect(new Set([...all, await namespaceOf()]).size).toBe(different.length + 2);
});

test("neither keys, the pace nor a default that is written out do", async () => {
  const usual = await namespaceOf({ user: "me" });
  for (const same of [
    { apiKey: "sk-two" },
    { defaultHeaders: { "api-key": "sk-two" } },
    { requestsPerMinute: 5, maxConcurrency: 1, retry: false, timeoutMs: 5, price: {} },
    { model: "text-embedding-3-small", truncate: false },
  ]) {
    expect(await namespaceOf({ ...same, user: "me" })).toBe(usual);
  }
});

test("docsearch's default has a price, so that --max-cost works", async () => {
  expect(PRICES).toHaveProperty((await openai()).name);
});

test("the model in this process is opened once for both sides of a search", async () => {
  const flags = { embed: "local", top: 5, json: false };
  const embedder = await openEmbedder(flags, { workingFolder: "." });
  expect(embedder).toMatchObject({ name: "all-MiniLM-L6-v2", isPaid: false });
  expect(embedder.documents.settings).toEqual(embedder.questions.settings);
  await embedder.close();
});
