import { describe, expect, test } from "vitest";

import { floatsOf, post } from "../fixtures/post.ts";
import { startEmulator } from "../index.ts";

const SMALL = "text-embedding-3-small";

test("an answer as OpenAI sends it", async () => {
  await using emulator = await startEmulator();
  const reply = await post(`${emulator.url}/v1/embeddings`, { model: SMALL, input: ["hello", "world"], dimensions: 2 });
  expect(reply.headers.get("content-type")).toBe("application/json");
  expect(reply.body).toMatchInlineSnapshot(`
    {
      "data": [
        {
          "embedding": [
            -0.764026201,
            -0.645185216,
          ],
          "index": 0,
          "object": "embedding",
        },
        {
          "embedding": [
            -0.952658746,
            0.30404163,
          ],
          "index": 1,
          "object": "embedding",
        },
      ],
      "model": "text-embedding-3-small",
      "object": "list",
      "usage": {
        "prompt_tokens": 2,
        "total_tokens": 2,
      },
    }
  `);
});

test("base64 holds the same vectors", async () => {
  await using emulator = await startEmulator();
  const request = { model: SMALL, input: ["hello", "wörld"], dimensions: 8 };
  const float = await post(`${emulator.url}/v1/embeddings`, { ...request, encoding_format: "float" });
  const base64 = await post(`${emulator.url}/v1/embeddings`, { ...request, encoding_format: "base64" });
  for (const index of [0, 1]) {
    expect(floatsOf(base64.body.data[index].embedding)).toEqual(float.body.data[index].embedding.map(Math.fround));
  }
});

test("a text, token arrays and one of them are inputs too", async () => {
  await using emulator = await startEmulator();
  const send = async (input: unknown): Promise<{ data: unknown[]; usage: { total_tokens: number } }> =>
    (await post(`${emulator.url}/v1/embeddings`, { model: SMALL, input, dimensions: 2 })).body;
  expect((await send("hello")).data).toEqual((await send(["hello"])).data);
  expect((await send([1, 2, 3])).usage.total_tokens).toBe(3);
  expect((await send([[1, 2, 3], [4]])).data).toHaveLength(2);
});

test("the length of vectors: the request's, else the option, else the model's", async () => {
  await using emulator = await startEmulator();
  const length = async (request: object): Promise<number> =>
    (await post(`${emulator.url}/v1/embeddings`, { input: "a", ...request })).body.data[0].embedding.length;
  expect(await length({ model: SMALL })).toBe(1536);
  expect(await length({ model: "text-embedding-3-large" })).toBe(3072);
  expect(await length({ model: "text-embedding-ada-002" })).toBe(1536);
  expect(await length({ model: "another" })).toBe(1536);
  emulator.reset({ dimensions: 16 });
  expect(await length({ model: SMALL })).toBe(16);
  expect(await length({ model: SMALL, dimensions: 20 })).toBe(20);
});

test("the largest request is answered whole", async () => {
  await using emulator = await startEmulator({ tokens: "fast" });
  const input = Array.from({ length: 2048 }, (_, number) => `text ${number}`);
  const { body } = await post(`${emulator.url}/v1/embeddings`, { model: SMALL, input, dimensions: 3 });
  expect(body.data.map((row: { index: number }) => row.index)).toEqual([...input.keys()]);
});

describe("a 400", () => {
  test.each([
    ["no model", { input: "a" }, null, null],
    ["no input", { model: SMALL }, "input", null],
    ["an empty text", { model: SMALL, input: "" }, null, null],
    ["an empty text among others", { model: SMALL, input: ["a", ""] }, null, null],
    ["an empty list", { model: SMALL, input: [] }, null, null],
    ["an input that is not a text", { model: SMALL, input: ["a", {}] }, null, null],
    [
      "2,049 inputs",
      { model: SMALL, input: Array.from({ length: 2049 }, () => "a") },
      "input",
      "array_above_max_length",
    ],
    ["dimensions of 0", { model: SMALL, input: "a", dimensions: 0 }, "dimensions", "integer_below_min_value"],
    [
      "more dimensions than the model's",
      { model: SMALL, input: "a", dimensions: 1537 },
      "dimensions",
      "integer_above_max_value",
    ],
    ["a part of a dimension", { model: SMALL, input: "a", dimensions: 1.5 }, "dimensions", "invalid_type"],
    ["dimensions for ada-002", { model: "text-embedding-ada-002", input: "a", dimensions: 5 }, "dimensions", null],
    ["another format", { model: SMALL, input: "a", encoding_format: "hex" }, "encoding_format", "invalid_value"],
  ])("%s", async (_name, request, param, code) => {
    await using emulator = await startEmulator();
    const { status, body } = await post(`${emulator.url}/v1/embeddings`, request);
    expect(status).toBe(400);
    expect(body.error).toEqual({ message: expect.any(String), type: "invalid_request_error", param, code });
  });

  test("over 8,192 tokens an input, over 300,000 a request", async () => {
    await using emulator = await startEmulator({ countTokens: Number });
    const send = (input: string[]): ReturnType<typeof post> =>
      post(`${emulator.url}/v1/embeddings`, { model: SMALL, input, dimensions: 1 });
    expect((await send(["8192"])).status).toBe(200);
    const long = await send(["8193"]);
    expect(long).toMatchObject({ status: 400, body: { error: { message: expect.stringContaining("8192") } } });
    expect((await send(Array.from({ length: 50 }, () => "6000"))).status).toBe(200);
    const many = await send([...Array.from({ length: 50 }, () => "6000"), "1"]);
    expect(many.status).toBe(400);
    expect(many.body.error).toEqual({
      message: "Requested 300001 tokens, max 300000 tokens per request",
      type: "max_tokens_per_request",
      param: null,
      code: "max_tokens_per_request",
    });
  });
});

describe("models", () => {
  test("any, unless the options list them", async () => {
    await using emulator = await startEmulator({ models: ["a", "b"] });
    const get = async (path: string): Promise<Response> =>
      fetch(emulator.url + path, { headers: { authorization: "Bearer k" } });
    const unknown = await post(`${emulator.url}/v1/embeddings`, { model: "c", input: "x" });
    expect(unknown).toMatchObject({ status: 404, body: { error: { code: "model_not_found" } } });
    expect((await post(`${emulator.url}/v1/embeddings`, { model: "a", input: "x" })).status).toBe(200);
    expect(await (await get("/v1/models")).json()).toMatchObject({ object: "list", data: [{ id: "a" }, { id: "b" }] });
    expect(await (await get("/v1/models/a")).json()).toMatchObject({ id: "a", object: "model" });
    expect((await get("/v1/models/c")).status).toBe(404);
  });
});

describe("quirks of compatible servers", () => {
  test("vectors in one encoding, whatever is asked for", async () => {
    await using emulator = await startEmulator({ quirks: { encoding: "float" } });
    const send = async (encoding_format: string): Promise<unknown> =>
      (await post(`${emulator.url}/v1/embeddings`, { model: "m", input: "a", dimensions: 2, encoding_format })).body
        .data[0].embedding;
    expect(await send("base64")).toHaveLength(2);
    expect(Array.isArray(await send("base64"))).toBe(true);
    emulator.reset({ quirks: { encoding: "base64" } });
    expect(await send("float")).toEqual(expect.any(String));
  });

  test("rows without index", async () => {
    await using emulator = await startEmulator({ quirks: { omitIndex: true } });
    const { body } = await post(`${emulator.url}/v1/embeddings`, { model: "m", input: ["a", "b"], dimensions: 1 });
    expect(Object.keys(body.data[1])).toEqual(["object", "embedding"]);
  });

  test("P9 usage left out, or null", async () => {
    await using emulator = await startEmulator({ quirks: { usage: "missing" } });
    const send = async (): Promise<object> =>
      (await post(`${emulator.url}/v1/embeddings`, { model: "m", input: "a", dimensions: 1 })).body;
    expect(await send()).not.toHaveProperty("usage");
    emulator.reset({ quirks: { usage: "null" } });
    expect(await send()).toHaveProperty("usage", null);
  });
});
