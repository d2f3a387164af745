import { describe, expect, test } from "vitest";

import { ManualClock } from "../fixtures/manual-clock.ts";
import { floatsOf, post } from "../fixtures/post.ts";
import { startEmulator } from "../index.ts";

const request = (changes: object = {}): object => ({
  model: "embed-v4.0",
  texts: ["hello", "world"],
  input_type: "search_document",
  ...changes,
});

test("an answer as Cohere sends it", async () => {
  await using emulator = await startEmulator({
    clock: new ManualClock(),
    dimensions: 2,
    limits: { requestsPerMinute: 100 },
  });
  const reply = await post(`${emulator.url}/v2/embed`, request());
  expect(reply.body).toMatchInlineSnapshot(`
    {
      "embeddings": {
        "float": [
          [
            -0.764026201,
            -0.645185216,
          ],
          [
            -0.952658746,
            0.30404163,
          ],
        ],
      },
      "id": "00000000-0000-0000-c907-b2fe00000001",
      "meta": {
        "api_version": {
          "version": "2",
        },
        "billed_units": {
          "input_tokens": 2,
        },
      },
      "response_type": "embeddings_by_type",
      "texts": [
        "hello",
        "world",
      ],
    }
  `);
  expect(reply.headers.get("num_tokens")).toBe("2");
  expect(reply.headers.get("num_chars")).toBe("10");
  expect(reply.headers.get("x-debug-trace-id")).toMatch(/^[0-9a-f]{32}$/);
  expect(reply.headers.get("x-trial-endpoint-call-limit")).toBe("100");
  expect(reply.headers.get("x-trial-endpoint-call-remaining")).toBe("99");
});

test("every type of embedding that is asked for", async () => {
  await using emulator = await startEmulator();
  const types = ["float", "int8", "uint8", "binary", "ubinary", "base64"];
  const { body } = await post(`${emulator.url}/v2/embed`, request({ embedding_types: types, output_dimension: 256 }));
  const { float, int8, uint8, binary, ubinary, base64 } = body.embeddings;
  expect(Object.keys(body.embeddings)).toEqual(types);
  expect(floatsOf(base64[1])).toEqual(float[1].map(Math.fround));
  expect([float, int8, uint8, binary, ubinary].map((rows) => rows[1].length)).toEqual([256, 256, 256, 32, 32]);
  expect(Math.max(...int8[1].map(Math.abs))).toBe(127);
  expect(uint8[1]).toEqual(int8[1].map((each: number) => each + 128));
  expect(binary[1]).toEqual(ubinary[1].map((each: number) => each - 128));
  expect(ubinary[1][0] >> 7).toBe(float[1][0] > 0 ? 1 : 0);
});

test("the length of vectors: the request's, else the option, else the model's", async () => {
  await using emulator = await startEmulator({ tokens: "fast" });
  const length = async (changes: object): Promise<number> =>
    (await post(`${emulator.url}/v2/embed`, request(changes))).body.embeddings.float[0].length;
  expect(await length({})).toBe(1536);
  expect(await length({ output_dimension: 512 })).toBe(512);
  expect(await length({ model: "embed-english-v3.0" })).toBe(1024);
  expect(await length({ model: "embed-english-light-v3.0" })).toBe(384);
  emulator.reset({ dimensions: 3 });
  expect(await length({})).toBe(3);
});

test("v3-light sends texts back in lower case: only the position identifies a vector", async () => {
  await using emulator = await startEmulator({ dimensions: 1 });
  const { body } = await post(
    `${emulator.url}/v2/embed`,
    request({ model: "embed-english-light-v3.0", texts: ["Hello"] }),
  );
  expect(body.texts).toEqual(["hello"]);
});

test("images and mixed inputs", async () => {
  await using emulator = await startEmulator({ dimensions: 1 });
  const images = await post(
    `${emulator.url}/v2/embed`,
    request({ texts: undefined, images: ["data:image/png;base64,AA=="], input_type: "image" }),
  );
  expect(images.body.meta.billed_units).toEqual({ images: 1 });
  expect(images.body).not.toHaveProperty("texts");
  const inputs = [{ content: [{ type: "text", text: "a" }] }, { content: [{ type: "text", text: "b" }] }];
  const mixed = await post(`${emulator.url}/v2/embed`, request({ texts: undefined, inputs }));
  expect(mixed.body.embeddings.float).toHaveLength(2);
});

test("a text that is too long is cut, and charged as cut; with NONE it is refused", async () => {
  await using emulator = await startEmulator({ dimensions: 1, countTokens: Number });
  const send = (changes: object): ReturnType<typeof post> =>
    post(`${emulator.url}/v2/embed`, request({ model: "embed-english-v3.0", texts: ["600", "100"], ...changes }));
  expect((await send({})).body.meta.billed_units).toEqual({ input_tokens: 612 });
  expect((await send({ truncate: "START", max_tokens: 50 })).body.meta.billed_units).toEqual({ input_tokens: 100 });
  expect((await send({ truncate: "NONE" })).body.message).toMatch(/texts\[0\] must be at most 512 tokens/);
  expect((await send({ truncate: "NONE", model: "embed-v4.0" })).status).toBe(200);
});

test("inputs a minute are limited; tokens are not", async () => {
  const clock = new ManualClock();
  await using emulator = await startEmulator({
    clock,
    dimensions: 1,
    limits: { inputsPerMinute: 60, tokensPerMinute: 1 },
  });
  const send = (count: number): ReturnType<typeof post> =>
    post(`${emulator.url}/v2/embed`, request({ texts: Array.from({ length: count }, () => "a") }));
  expect((await send(59)).status).toBe(200);
  const refused = await send(2);
  expect(refused.status).toBe(429);
  expect(refused.body).toEqual({ id: expect.any(String), message: expect.stringContaining("60 inputs / minute") });
  expect(refused.headers.get("retry-after")).toBeNull();
  expect(refused.headers.get("x-trial-endpoint-call-limit")).toBeNull();
  clock.advance(1000);
  expect((await send(2)).status).toBe(200);
  expect(emulator.stats().bucketUse).toEqual({ embed: { inputs: 1 } });
});

test("P9 meta left out, or null", async () => {
  await using emulator = await startEmulator({ dimensions: 1, quirks: { usage: "missing" } });
  expect((await post(`${emulator.url}/v2/embed`, request())).body).not.toHaveProperty("meta");
  emulator.reset({ quirks: { usage: "null" } });
  expect((await post(`${emulator.url}/v2/embed`, request())).body).toHaveProperty("meta", null);
});

describe("a 400", () => {
  test.each([
    ["no model", { model: undefined }, /model is required/],
    ["P10 no input_type", { input_type: undefined }, /input_type is required/],
    ["another input_type", { input_type: "poem" }, /input_type must be one of/],
    ["97 texts", { texts: Array.from({ length: 97 }, () => "a") }, /at most 96 - received 97/],
    ["no text", { texts: [] }, /at least one text/],
    ["an empty text", { texts: ["a", ""] }, /texts\[1\] must not be empty/],
    ["nothing to embed", { texts: undefined }, /exactly one of texts, images and inputs/],
    ["two things to embed", { images: ["x"] }, /exactly one of texts, images and inputs/],
    ["97 inputs", { texts: undefined, inputs: Array.from({ length: 97 }, () => ({})) }, /at most 96 - received 97/],
    ["an input without content", { texts: undefined, inputs: [{}] }, /must have a content/],
    ["another type", { embedding_types: ["int4"] }, /embedding_types must be one of/],
    ["another output_dimension", { output_dimension: 100 }, /one of 256, 512, 1024, 1536/],
    ["output_dimension of v3", { model: "embed-english-v3.0", output_dimension: 256 }, /not supported/],
    ["another truncate", { truncate: "MIDDLE" }, /truncate must be one of NONE, START, END/],
    ["max_tokens of 0", { max_tokens: 0 }, /max_tokens must be a whole number/],
  ])("%s", async (_name, changes, message) => {
    await using emulator = await startEmulator({ dimensions: 1 });
    const reply = await post(`${emulator.url}/v2/embed`, request(changes));
    expect(reply.status).toBe(400);
    expect(reply.body).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      message: expect.stringMatching(message),
    });
  });

  test("an unknown model is a 404", async () => {
    await using emulator = await startEmulator({ models: ["embed-v3"] });
    expect((await post(`${emulator.url}/v2/embed`, request())).status).toBe(404);
  });
});
