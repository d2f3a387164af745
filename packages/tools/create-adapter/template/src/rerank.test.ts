import { rateLimiter } from "@batchwise/core";
import { failureOf } from "@batchwise/testkit";
import { expect, test } from "vitest";
import { answerWith } from "./fixtures/serve.ts";
import { MyProviderRerank } from "./index.ts";

const options = { apiKey: "secret-key", baseURL: "http://localhost/v1" };
const input = { query: "capital", documents: ["tax", "Oslo", "cat"] };

// TODO: an answer as My Provider gives it, and below what it is asked: `url`, `headers`, `body`.
function scores(...rows: readonly (readonly [number, number | null])[]): Response {
  const results = rows.map(([index, score]) => ({ index, relevance_score: score }));
  return Response.json({ results, usage: { total_tokens: 9 } });
}

test("each query is a request of its own, its scores come best first, and its usage is reported", async () => {
  const { fetch, sent } = answerWith(scores([0, 0.2], [2, 0.1], [1, 0.9]));
  const rerank = new MyProviderRerank({ ...options, model: "m", fetch, retry: false, limiter: rateLimiter() });
  let usage: unknown;
  const [ranked] = await rerank.batch([input], { onFinish: (report) => (usage = report.usage) });
  expect(ranked).toEqual([
    { index: 1, score: 0.9 },
    { index: 0, score: 0.2 },
    { index: 2, score: 0.1 },
  ]);
  expect(sent).toEqual([
    {
      url: "http://localhost/v1/rerank",
      headers: { authorization: "Bearer secret-key", "content-type": "application/json" },
      body: { model: "m", ...input, top_n: 3 },
    },
  ]);
  expect(usage).toMatchObject({ inputTokens: 9 });
});

test("`topN` asks for the best documents alone", async () => {
  const { fetch, sent } = answerWith(scores([1, 0.9]));
  expect(await new MyProviderRerank({ ...options, fetch, topN: 1 }).invoke(input)).toEqual([{ index: 1, score: 0.9 }]);
  expect(sent[0]?.body).toMatchObject({ top_n: 1 });
});

test("no documents give no scores, and make no request", async () => {
  const { fetch, sent } = answerWith();
  expect(await new MyProviderRerank({ ...options, fetch }).invoke({ query: "capital", documents: [] })).toEqual([]);
  expect(sent).toEqual([]);
});

test("what is no query with documents is an InputError, and makes no request", async () => {
  const { fetch, sent } = answerWith();
  const rerank = new MyProviderRerank({ ...options, fetch });
  expect(await failureOf(rerank.invoke({ query: " ", documents: ["a"] }))).toMatchObject({ name: "InputError" });
  expect(sent).toEqual([]);
});

test("P6 a score that cannot be told whose it is fails its query", async () => {
  for (const rows of [[[0, 1]], [[0, 1] as const, [0, 1] as const, [1, 1] as const], [[0, null]]] as const) {
    const { fetch } = answerWith(scores(...rows));
    const error = await failureOf(new MyProviderRerank({ ...options, fetch }).invoke(input));
    expect(error).toMatchObject({ name: "ResultError" });
  }
});

test("a query weighs once for each document", () => {
  const { settings } = new MyProviderRerank(options);
  expect(settings.weigh?.({ query: "é", documents: ["ab", "c"] })).toEqual({ tokens: 2 + 2 + 2 + 1, outputTokens: 0 });
});
