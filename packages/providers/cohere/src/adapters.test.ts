import { systemClock } from "@batchwise/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { classified, embedded, reranked, said, Wire } from "./fixtures/wire.ts";
import { adapters } from "./index.ts";

const COMMON = {
  model: "m",
  apiKey: "key-by-name",
  baseURL: "https://host.example",
  headers: { "x-header": "1" },
  tier: "trial",
  requestsPerMinute: 100,
  tokensPerMinute: 1_000_000,
  maxConcurrency: 3,
  retry: { attempts: 2 },
  timeoutMs: 1234,
  price: { perMillionInputTokens: 7 },
};

const EXAMPLES = ["a", "a", "b", "b"].map((label, index) => ({ text: `text ${index}`, label }));

/** A value for every option, an input, and what is sent for it. */
const EVERY: Readonly<
  Record<string, { readonly options: object; readonly input: unknown; readonly path: string; readonly body: object }>
> = {
  embeddings: {
    options: {
      inputType: "clustering",
      outputDimension: 2,
      truncate: "START",
      maxTokens: 8,
      priority: 5,
      encoding: "base64",
      inputsPerMinute: 100,
      jobModel: "j",
    },
    input: "hello",
    path: "/v2/embed",
    body: {
      model: "m",
      texts: ["hello"],
      input_type: "clustering",
      output_dimension: 2,
      truncate: "START",
      max_tokens: 8,
      priority: 5,
      embedding_types: ["base64"],
    },
  },
  rerank: {
    options: { topN: 1, maxTokensPerDoc: 7, priority: 5, maxDocuments: 50 },
    input: { query: "q", documents: ["hello"] },
    path: "/v2/rerank",
    body: { model: "m", query: "q", documents: ["hello"], top_n: 1, max_tokens_per_doc: 7, priority: 5 },
  },
  chat: {
    options: { instructions: "Be brief.", temperature: 1, maxTokens: 9, body: { seed: 4 }, jobModel: "j" },
    input: "hello",
    path: "/v2/chat",
    body: {
      model: "m",
      temperature: 1,
      max_tokens: 9,
      seed: 4,
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "hello" },
      ],
    },
  },
  classify: {
    options: { examples: EXAMPLES, truncate: "START" },
    input: "hello",
    path: "/v1/classify",
    body: { model: "m", inputs: ["hello"], examples: EXAMPLES, truncate: "START" },
  },
};

let wire: Wire;
beforeEach(() => {
  wire = new Wire(({ url }) => {
    if (url.endsWith("/v2/embed")) return embedded([[1, 2]]);
    if (url.endsWith("/v1/classify")) return classified([["a", { a: 1 }]]);
    return url.endsWith("/v2/rerank") ? reranked([[0, 0.5]]) : said("Hi.");
  });
  vi.stubGlobal("fetch", wire.fetch);
  vi.stubEnv("CO_API_KEY", undefined);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
});

test("each has its name and its kind", () => {
  expect(adapters.map(({ name, kind }) => [name, kind])).toEqual([
    ["embeddings", "embeddings"],
    ["rerank", "rerank"],
    ["chat", "chat"],
    ["classify", "classification"],
  ]);
});

test.each(adapters)("$name takes every option of its schema, to the wire", async ({ name, options, create }) => {
  const every = EVERY[name]!;
  const given: Record<string, unknown> = { ...COMMON, ...every.options };
  expect(Object.keys(options["properties"] as object).toSorted()).toEqual(Object.keys(given).toSorted());
  const made = create(given);
  await made.invoke(every.input);
  const [{ url, headers, body }] = wire.requests as [Wire["requests"][number]];
  expect(url).toBe(`https://host.example${every.path}`);
  expect(headers.get("authorization")).toBe("Bearer key-by-name");
  expect(headers.get("x-header")).toBe("1");
  expect(body).toMatchObject(every.body);
  expect(made.settings).toMatchObject({
    maxConcurrency: 3,
    retry: { attempts: 2 },
    timeoutMs: 1234,
    price: { perMillionInputTokens: 7 },
  });
});

test("P10 the purpose decides between documents and queries, unless an option does", async () => {
  const { create } = adapters[0]!;
  const usual = { apiKey: "k", model: "embed-v4.0" };
  for (const made of [
    create(usual),
    create(usual, { purpose: "document" }),
    create(usual, { purpose: "query" }),
    create({ ...usual, inputType: "classification" }, { purpose: "query" }),
  ]) {
    await made.invoke("hello").catch(() => undefined);
  }
  expect(wire.bodies.map((body) => body.input_type)).toEqual([
    "search_document",
    "search_document",
    "search_query",
    "classification",
  ]);
});

test.each(adapters)("$name without a key says which variable is missing", ({ key, create }) => {
  expect(key).toBe("CO_API_KEY");
  expect(() => create({ model: "m" })).toThrow(/CO_API_KEY/);
});

test("a program's clock is the limiter's", () => {
  const clock = { ...systemClock, now: vi.fn<() => number>(() => systemClock.now()) };
  const made = adapters[0]!.create({ apiKey: "k", model: "m" }, { clock });
  made.settings?.limiter?.tryReserve?.({ requests: 1, tokens: 1, inputs: 1 });
  expect(clock.now).toHaveBeenCalled();
});

test("the length of vectors is told where it is known", () => {
  const { dimensions } = adapters[0]!;
  expect(dimensions?.({ model: "embed-v4.0" })).toBe(1536);
  expect(dimensions?.({ model: "embed-v4.0", outputDimension: 256 })).toBe(256);
  expect(dimensions?.({ model: "constructor" })).toBeUndefined();
});
