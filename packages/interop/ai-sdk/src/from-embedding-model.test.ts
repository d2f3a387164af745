import { createOpenAI } from "@ai-sdk/openai";
import { ArgumentError, rateLimiter, ResultError } from "@batchwise/core";
import { startEmulator } from "@batchwise/emulator";
import { failureOf } from "@batchwise/testkit";
import { describe, expect, test } from "vitest";
import { noting } from "./fixtures/noting.ts";
import { fromEmbeddingModel } from "./index.ts";

describe("what a call of the model gets", () => {
  test("dimensions, providerOptions and headers reach the wire", async () => {
    const sent: { body: unknown; headers: Headers }[] = [];
    const openai = createOpenAI({
      apiKey: "key",
      fetch: async (_url, init) => {
        sent.push({ body: JSON.parse(init?.body as string), headers: new Headers(init?.headers) });
        return Response.json({ data: [{ index: 0, embedding: [1, 2] }] });
      },
    });
    const embeddings = fromEmbeddingModel(openai.embedding("text-embedding-3-small"), {
      dimensions: 2,
      providerOptions: { openai: { user: "u" } },
      headers: { "x-team": "search" },
    });
    expect(await embeddings.invoke("a")).toEqual(Float32Array.of(1, 2));
    expect(sent[0]?.body).toEqual({
      model: "text-embedding-3-small",
      input: ["a"],
      encoding_format: "float",
      dimensions: 2,
      user: "u",
    });
    expect(sent[0]?.headers.get("x-team")).toBe("search");
  });

  test("nothing that was not asked for", async () => {
    const model = noting();
    await fromEmbeddingModel(model).invoke("a");
    expect(model.calls).toEqual([{ values: ["a"], abortSignal: expect.any(AbortSignal) }]);
  });

  test("P12 the batch's signal is aborted in it", async () => {
    let seen: AbortSignal | undefined;
    const model = noting({
      doEmbed: ({ abortSignal }) => {
        seen = abortSignal;
        return new Promise(() => {});
      },
    });
    const controller = new AbortController();
    const run = failureOf(fromEmbeddingModel(model).batch(["a"], { signal: controller.signal }));
    await expect.poll(() => seen).toBeDefined();
    const reason = new Error("enough");
    controller.abort(reason);
    expect(await run).toBe(reason);
    expect(seen?.aborted).toBe(true);
  });
});

describe("the model's limits", () => {
  const sizes = (model: ReturnType<typeof noting>): number[] => model.calls.map(({ values }) => values.length);
  const one = { limiter: rateLimiter(), maxConcurrency: 1 };

  test("maxEmbeddingsPerCall is what a call holds", async () => {
    const model = noting({ maxEmbeddingsPerCall: 2 });
    await fromEmbeddingModel(model, one).batch(["a", "b", "c"]);
    expect(sizes(model)).toEqual([2, 1]);
  });

  test("so are the bytes that a model tells of", async () => {
    const symbol = Symbol.for("vercel.ai.embeddingModel.maxInputBytesPerCall");
    const model = Object.assign(noting({ maxEmbeddingsPerCall: 100 }), { [symbol]: 4 });
    await fromEmbeddingModel(model, one).batch(["éé", "a", "b"]);
    expect(sizes(model)).toEqual([1, 2]);
    const openai = createOpenAI({ apiKey: "key" });
    expect(fromEmbeddingModel(openai.embedding("m")).settings?.request).toMatchObject({
      maxInputs: 2048,
      maxBytes: 300_000,
    });
  });

  test("a limit that is a promise holds too", async () => {
    const model = noting({ maxEmbeddingsPerCall: Promise.resolve(2) });
    await fromEmbeddingModel(model, one).batch(["a", "b", "c", "d", "e"]);
    expect(Math.max(...sizes(model))).toBe(2);
    expect(model.calls.flatMap(({ values }) => values).toSorted()).toEqual(["a", "b", "c", "d", "e"]);
  });

  test("a model without a limit is given 100, or what `request` says", async () => {
    const texts = Array.from({ length: 150 }, () => "a");
    const model = noting({ maxEmbeddingsPerCall: undefined });
    await fromEmbeddingModel(model, one).batch(texts);
    expect(Math.max(...sizes(model))).toBe(100);
    const less = noting({ maxEmbeddingsPerCall: undefined });
    await fromEmbeddingModel(less, { ...one, request: { maxInputs: 50 } }).batch(texts);
    expect(Math.max(...sizes(less))).toBe(50);
  });

  test.each([
    [true, 64],
    [false, 1],
    [Promise.resolve(true), 1],
  ])("supportsParallelCalls %o gives maxConcurrency %i", (supportsParallelCalls, expected) => {
    expect(fromEmbeddingModel(noting({ supportsParallelCalls })).settings?.maxConcurrency).toBe(expected);
  });
});

describe("what comes back", () => {
  // What follows from a wrong answer is the engine's: here it is not asked for again (P48).
  const answer = (embeddings: unknown, body?: unknown) =>
    fromEmbeddingModel(
      noting({ maxEmbeddingsPerCall: 3 }, () => ({ embeddings: embeddings as number[][], response: { body } })),
    ).batch(["a", "b", "c"], { returnExceptions: true, retry: false });
  const all = [
    [1, 2],
    [3, 4],
    [5, 6],
  ];

  test.each<[string, unknown]>([
    ["too few", all.slice(1)],
    ["too many", [...all, [7, 8]]],
    ["no array", "vectors"],
  ])("L13 P6 %s vectors are an error of all, never a shift", async (_, embeddings) => {
    const slots = await answer(embeddings);
    expect(slots.map((slot) => ResultError.isInstance(slot))).toEqual([true, true, true]);
  });

  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["an empty vector", []],
    ["NaN", [1, Number.NaN]],
    ["null", [1, null]],
    ["another length", [1]],
  ])("L13 %s is an error of its value alone", async (_, row) => {
    const slots = await answer([[1, 2], row, [5, 6]]);
    expect(slots).toEqual([Float32Array.of(1, 2), expect.any(ResultError), Float32Array.of(5, 6)]);
  });

  test("P5 an index in the response's body places vectors; a body without one, or of other rows, does not", async () => {
    const shuffled = { data: [{ index: 2 }, { index: 0 }, { index: 1 }] };
    const inOrder = all.map((each) => Float32Array.from(each));
    expect(await answer(all, shuffled)).toEqual([inOrder[1], inOrder[2], inOrder[0]]);
    for (const body of [{ data: [{}, {}, {}] }, { data: [{ index: 1 }] }, { data: "x" }, "text", null]) {
      expect(await answer(all, body)).toEqual(inOrder);
    }
  });

  test("usage and the request's id are reported", async () => {
    const model = noting({}, (values) => ({
      embeddings: values.map(() => [1]),
      usage: { tokens: 7 },
      response: { headers: { "x-request-id": "r1" } },
    }));
    const events: unknown[] = [];
    const onRequest = ({ usage, requestId }: { usage: unknown; requestId: unknown }): void =>
      void events.push([usage, requestId]);
    await fromEmbeddingModel(model).batch(["a"], { onRequest });
    expect(events).toEqual([[{ inputTokens: 7 }, "r1"]]);
  });

  test("P9 usage that is not there makes no NaN", async () => {
    let total: unknown;
    const model = noting({}, (values) => ({ embeddings: values.map(() => [1]), usage: { tokens: Number.NaN } }));
    await fromEmbeddingModel(model).batch(["a"], { onFinish: ({ usage }) => (total = usage.totalTokens) });
    expect(total).toBe(0);
  });
});

test("P25 the model is called as often as ours says", async () => {
  await using emulator = await startEmulator({ faults: { htmlErrorRate: 1 } });
  const openai = createOpenAI({ apiKey: "key", baseURL: emulator.openaiBaseURL });
  const embeddings = fromEmbeddingModel(openai.embedding("m"), { retry: { attempts: 2, minDelayMs: 1 } });
  const [slot] = await embeddings.batch(["a"], { returnExceptions: true });
  expect(slot).toMatchObject({ status: 502, retryable: true });
  expect(emulator.stats().requests).toBe(2);
});

test("settings replace the defaults", () => {
  const limiter = rateLimiter();
  const own = { maxConcurrency: 3, retry: false, limiter, timeoutMs: 9, price: {} } as const;
  expect(fromEmbeddingModel(noting(), own).settings).toMatchObject(own);
  expect(fromEmbeddingModel(noting()).settings?.retry).toEqual({ attempts: 6 });
  const model = noting();
  expect(fromEmbeddingModel(model).settings?.limiter).toBe(fromEmbeddingModel(model).settings?.limiter);
  expect(fromEmbeddingModel(model).estimate(["é"])).toMatchObject({ tokens: 2, outputTokens: 0 });
});

test.each([undefined, "text-embedding-3-small", {}, { ...noting(), specificationVersion: "v1" }, { doEmbed: 1 }])(
  "%o is no embedding model of v2, v3 or v4",
  (model) => {
    expect(() => fromEmbeddingModel(model as never)).toThrow(ArgumentError);
  },
);
