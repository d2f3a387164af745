import { systemClock } from "@batchwise/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { completion, embedded, responded, wire, type Wire } from "./fixtures/wire.ts";
import { adapters } from "./index.ts";

const CONNECTION = {
  apiKey: "sk-by-name",
  baseURL: "https://host.example/v1",
  organization: "org",
  project: "project",
  defaultHeaders: { "x-header": "1" },
  defaultQuery: { query: "1" },
  timeoutMs: 1234,
};
const PACE = {
  requestsPerMinute: 100,
  tokensPerMinute: 10_000,
  maxConcurrency: 3,
  retry: { attempts: 2 },
  price: { perMillionInputTokens: 7 },
};
const GENERATION = { model: "m", instructions: "Be brief.", temperature: 1, maxTokens: 9, body: { seed: 4 } };
const TEXTS = { model: "text-embedding-3-large", dimensions: 2, user: "u", truncate: true, maxInputTokens: 1 };

/** A value for every option, and what is sent for the text "hello world". */
const EVERY: Readonly<Record<string, { readonly options: object; readonly path: string; readonly body: object }>> = {
  embeddings: {
    options: { ...TEXTS, encoding: "base64", request: { maxInputs: 5 } },
    path: "/embeddings",
    body: { model: TEXTS.model, input: ["hello"], dimensions: 2, user: "u", encoding_format: "base64" },
  },
  moderation: {
    options: { model: "m", request: { maxInputs: 5 } },
    path: "/moderations",
    body: { model: "m", input: ["hello world"] },
  },
  chat: {
    options: { ...GENERATION, maxTokensParameter: "max_completion_tokens" },
    path: "/chat/completions",
    body: {
      model: "m",
      temperature: 1,
      max_completion_tokens: 9,
      stream: false,
      seed: 4,
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "hello world" },
      ],
    },
  },
  responses: {
    options: GENERATION,
    path: "/responses",
    body: {
      model: "m",
      instructions: "Be brief.",
      temperature: 1,
      max_output_tokens: 9,
      stream: false,
      seed: 4,
      input: "hello world",
    },
  },
};

let network: Wire;
beforeEach(() => {
  network = wire((request) => {
    const { pathname } = new URL(request.url);
    if (pathname.endsWith("/embeddings")) return embedded(request);
    if (pathname.endsWith("/chat/completions")) return completion("Hi.");
    if (pathname.endsWith("/responses")) return responded("Hi.");
    return Response.json({ results: [{ flagged: false, categories: {}, category_scores: {} }] });
  });
  vi.stubGlobal("fetch", network.fetch);
  vi.stubEnv("OPENAI_API_KEY", "");
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
});

test("there are four, of kinds that everybody knows where there is one", () => {
  expect(adapters.map(({ name, kind }) => [name, kind])).toEqual([
    ["embeddings", "embeddings"],
    ["moderation", "moderation"],
    ["chat", "chat"],
    ["responses", "chat"],
  ]);
});

test.each(adapters)("$name takes every option of its schema, to the wire", async ({ name, options, create }) => {
  const every = EVERY[name]!;
  const given: Record<string, unknown> = { ...every.options, ...CONNECTION, ...PACE };
  expect(Object.keys(options["properties"] as object).toSorted()).toEqual(Object.keys(given).toSorted());
  const made = create(given);
  await made.invoke("hello world");
  const [{ url, headers, body }] = network.requests as [Wire["requests"][number]];
  expect(url).toBe(`https://host.example/v1${every.path}?query=1`);
  expect(Object.fromEntries(headers)).toMatchObject({
    authorization: "Bearer sk-by-name",
    "openai-organization": "org",
    "openai-project": "project",
    "x-header": "1",
  });
  expect(body).toEqual(every.body);
  expect(made.settings).toMatchObject({
    timeoutMs: 1234,
    maxConcurrency: 3,
    retry: { attempts: 2 },
    price: { perMillionInputTokens: 7 },
    ...("request" in every.options && { request: { maxInputs: 5 } }),
  });
});

test.each(adapters)("$name without a key says which variable is missing", ({ name, key, create }) => {
  expect(key).toBe("OPENAI_API_KEY");
  expect(() => create(name === "chat" || name === "responses" ? { model: "m" } : {})).toThrow(/OPENAI_API_KEY/);
});

test("a program's clock is the limiter's", () => {
  const clock = { ...systemClock, now: vi.fn<() => number>(() => systemClock.now()) };
  const made = adapters[0]!.create({ apiKey: "k", requestsPerMinute: 1 }, { clock });
  made.settings?.limiter?.tryReserve?.({ requests: 1, tokens: 1, inputs: 1 });
  expect(clock.now).toHaveBeenCalled();
});

test("the length of vectors is told where it is known", () => {
  const { dimensions } = adapters[0]!;
  expect(dimensions?.({})).toBe(1536);
  expect(dimensions?.({ model: "text-embedding-3-large" })).toBe(3072);
  expect(dimensions?.({ model: "text-embedding-3-large", dimensions: 256 })).toBe(256);
  expect(dimensions?.({ model: "of-my-own" })).toBeUndefined();
});
