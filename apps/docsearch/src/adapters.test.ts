import { PRICES } from "@batchwise/openai";
import { expect, test, vi } from "vitest";
import { type AdapterChoice, resolveAdapter } from "./adapters.ts";

// A safeguard, not a measure: SDKs are loaded, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const ENVIRONMENT = { OPENAI_API_KEY: "sk-one", CO_API_KEY: "co" };

/** Folder of the index for these options, and its printed place. */
async function openai(options: object, environment: NodeJS.ProcessEnv = ENVIRONMENT): Promise<string[]> {
  const chosen = await resolveAdapter("embeddings", choice(options), {
    environment,
    workingFolder: import.meta.dirname,
  });
  return [chosen.identity(2), chosen.host ?? "its usual host"];
}

function choice(options: object): AdapterChoice {
  return { flag: "--embed", adapter: "openai", options: JSON.stringify(options), model: undefined };
}

test("package, adapter, model, dimensions and options name the folder of an index", async () => {
  const [usual = ""] = await openai({});
  expect(usual).toMatch(/^%40batchwise%2Fopenai_embeddings_text-embedding-3-small_2_[\da-f]{12}$/);
  const [other] = await openai({ model: "org/a", user: "me" });
  expect(other).toMatch(/^%40batchwise%2Fopenai_embeddings_org%2Fa_2_[\da-f]{12}$/);
  const different = [{}, { model: "a" }, { user: "me" }, { truncate: true }, { baseURL: "http://localhost:1/v1" }];
  const all = await Promise.all(different.map((options) => openai(options)));
  expect(new Set(all.map(([identity]) => identity)).size).toBe(different.length);
});

test("docsearch's defaults have a price, so that --max-cost works", async () => {
  const sources = { environment: ENVIRONMENT, workingFolder: import.meta.dirname };
  expect(PRICES).toHaveProperty((await resolveAdapter("embeddings", choice({}), sources)).name);
});

test("neither keys, the pace, the order of options nor a default that is written out do", async () => {
  const usual = await openai({ user: "me", truncate: true });
  for (const same of [
    { user: "me", truncate: true, apiKey: "sk-two" },
    { user: "me", truncate: true, defaultHeaders: { "api-key": "sk-two" } },
    { user: "me", truncate: true, requestsPerMinute: 5, maxConcurrency: 1, retry: false, timeoutMs: 5, price: {} },
    { truncate: true, user: "me" },
    { user: "me", truncate: true, model: "text-embedding-3-small", baseURL: "https://api.openai.com/v1" },
  ]) {
    expect(await openai(same)).toEqual(usual);
  }
});

test("another server is shown by its host alone, and a password in its address is not in the folder's name", async () => {
  const address = "https://me:secret@host.example/v1?key=secret";
  expect((await openai({}))[1]).toBe("its usual host");
  expect((await openai({}, { ...ENVIRONMENT, OPENAI_BASE_URL: address }))[1]).toBe("host.example");
  expect(await openai({ baseURL: address })).toEqual(await openai({ baseURL: "https://host.example/v1" }));
});
