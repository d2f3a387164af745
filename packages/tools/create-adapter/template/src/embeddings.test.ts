import { rateLimiter } from "@batchwise/core";
import { failureOf } from "@batchwise/testkit";
import { expect, test } from "vitest";
import { answerWith } from "./fixtures/serve.ts";
import { MyProviderEmbeddings } from "./index.ts";

const options = { apiKey: "secret-key", baseURL: "http://localhost/v1/" };

// TODO: an answer as My Provider gives it, and below what it is asked: `url`, `headers`, `body`.
function rows(...vectors: (readonly (number | null)[])[]): Response {
  return Response.json({
    data: vectors.map((embedding, index) => ({ index, embedding })),
    usage: { prompt_tokens: 7 },
  });
}

test("many texts go in one request, and its usage is reported", async () => {
  const { fetch, sent } = answerWith(rows([1, 2], [3, 4]));
  const embeddings = new MyProviderEmbeddings({ ...options, model: "m", fetch, retry: false, limiter: rateLimiter() });
  let usage: unknown;
  const vectors = await embeddings.batch(["a", "b"], { onFinish: (report) => (usage = report.usage) });
  expect(vectors).toEqual([Float32Array.of(1, 2), Float32Array.of(3, 4)]);
  expect(sent).toEqual([
    {
      url: "http://localhost/v1/embeddings",
      headers: { authorization: "Bearer secret-key", "content-type": "application/json" },
      body: { model: "m", input: ["a", "b"] },
    },
  ]);
  expect(usage).toMatchObject({ inputTokens: 7 });
});

test("P5 shuffled rows are placed by their index", async () => {
  const response = Response.json({
    data: [
      { index: 1, embedding: [2] },
      { index: 0, embedding: [1] },
    ],
  });
  const { fetch } = answerWith(response);
  const embeddings = new MyProviderEmbeddings({ ...options, fetch });
  expect(await embeddings.invokeMany(["a", "b"])).toEqual([Float32Array.of(1), Float32Array.of(2)]);
});

test("P6 numbers that are none cost their own text alone", async () => {
  const { fetch } = answerWith(rows([1], [null]));
  const [first, second] = await new MyProviderEmbeddings({ ...options, fetch }).invokeMany(["a", "b"]);
  expect(first).toEqual(Float32Array.of(1));
  expect(second).toMatchObject({ name: "ResultError" });
});

test("an empty text is an InputError in its slot, and is not sent", async () => {
  const { fetch, sent } = answerWith(rows([1]));
  const [first, second] = await new MyProviderEmbeddings({ ...options, fetch }).invokeMany(["", "b"]);
  expect(first).toMatchObject({ name: "InputError", position: 0 });
  expect(second).toEqual(Float32Array.of(1));
  expect(sent[0]?.body).toMatchObject({ input: ["b"] });
});

test("a text weighs its UTF-8 bytes", () => {
  expect(new MyProviderEmbeddings(options).settings.weigh?.("é!")).toEqual({ tokens: 3, outputTokens: 0 });
});

test("a request holds no more than `request` allows", () => {
  const { settings } = new MyProviderEmbeddings({ ...options, request: { maxInputs: 3, maxTokens: 100 } });
  expect(settings.request).toEqual({ maxInputs: 3, maxTokens: 100 });
});

test("P35 no error holds an input or the key, not even where the provider quotes them", async () => {
  const quoting = { error: { code: "bad secret-key", message: "secret-key may not embed: private text" } };
  for (const response of [Response.json(quoting, { status: 401 }), new Error("secret-key: private text")]) {
    const { fetch } = answerWith(response);
    const error = await failureOf(new MyProviderEmbeddings({ ...options, fetch }).invoke("private text"));
    expect(JSON.stringify([error.message, error.stack, error, String(error.cause)])).not.toMatch(
      /secret-key|private text/,
    );
  }
});
