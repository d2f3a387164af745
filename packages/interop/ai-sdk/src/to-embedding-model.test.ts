import {
  ArgumentError,
  BatchError,
  bulkRunnable,
  InputError,
  ProviderError,
  type Runnable,
  runnable,
} from "@batchwise/core";
import { startEmulator } from "@batchwise/emulator";
import { OpenAIEmbeddings } from "@batchwise/openai";
import { embed, embedMany } from "ai";
import { failureOf } from "@batchwise/testkit";
import { describe, expect, test, vi } from "vitest";
import { toEmbeddingModel } from "./index.ts";

function embedder(sizes: number[] = []): Runnable<string, Float32Array> {
  return bulkRunnable<string, Float32Array>(
    async (texts, { report }) => {
      sizes.push(texts.length);
      report?.({ usage: { inputTokens: 3 * texts.length } });
      return texts.map((text) => (text === "" ? new InputError("Empty.") : Float32Array.of(text.length, 1)));
    },
    { request: { maxInputs: 2 } },
  );
}

describe("ours as their embedding model", () => {
  test("embed and embedMany give arrays of numbers and usage", async () => {
    const model = toEmbeddingModel(embedder());
    expect(await embed({ model, value: "ab" })).toMatchObject({ embedding: [2, 1], usage: { tokens: 3 } });
    const { embeddings, usage, warnings } = await embedMany({ model, values: ["a", "bb", "ccc"] });
    expect(embeddings).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
    ]);
    expect(usage).toEqual({ tokens: 9 });
    expect(warnings).toEqual([]);
  });

  test("embedMany hands over everything at once, and the engine splits it", async () => {
    const sizes: number[] = [];
    const model = toEmbeddingModel(embedder(sizes));
    const calls = vi.spyOn(model, "doEmbed");
    await embedMany({ model, values: ["a", "b", "c", "d", "e"] });
    expect(calls).toHaveBeenCalledTimes(1);
    expect(sizes).toEqual([2, 2, 1]);
  });

  test("says who it is", () => {
    const { specificationVersion, provider, modelId } = toEmbeddingModel(embedder());
    expect([specificationVersion, provider, modelId]).toEqual(["v4", "batchwise", "Bulk"]);
    expect(toEmbeddingModel(embedder(), { provider: "p", modelId: "m" })).toMatchObject({
      provider: "p",
      modelId: "m",
    });
  });

  test("P9 usage that is unknown is left out", async () => {
    const model = toEmbeddingModel(runnable(async (text: string) => [text.length]));
    expect(await model.doEmbed({ values: ["a"] })).toEqual({ embeddings: [[1]], warnings: [] });
  });
});

describe("failures", () => {
  test("P25 the AI SDK does not retry what ours has retried", async () => {
    let calls = 0;
    const busy = runnable<string, number[]>(
      async () => {
        calls++;
        throw new ProviderError("Busy.", { status: 503, retryable: true });
      },
      { retry: { attempts: 2, minDelayMs: 0 } },
    );
    const error = await failureOf(embed({ model: toEmbeddingModel(busy), value: "a" }));
    expect(error).toMatchObject({ status: 503 });
    expect(calls).toBe(2);
  });

  test("of one value are its own error, of many a BatchError that keeps what was finished", async () => {
    const model = toEmbeddingModel(embedder(), { maxConcurrency: 1 });
    expect(InputError.isInstance(await failureOf(embed({ model, value: "" })))).toBe(true);
    const error = await failureOf(embedMany({ model, values: ["a", "b", "", "d"] }));
    expect(BatchError.isInstance(error)).toBe(true);
    expect(error.outcomes.slice(0, 2)).toMatchObject([{ status: "fulfilled" }, { status: "fulfilled" }]);
  });
});

describe("a call's options", () => {
  test("P12 abortSignal ends it at once, and so does the model's own signal", async () => {
    for (const which of ["call", "model"]) {
      const seen: (AbortSignal | undefined)[] = [];
      const stuck = runnable((_: string, { signal }) => {
        seen.push(signal);
        return new Promise<number[]>(() => {});
      });
      const controllers = { call: new AbortController(), model: new AbortController() };
      const model = toEmbeddingModel(stuck, { signal: controllers.model.signal });
      const run = failureOf(embedMany({ model, values: ["a"], abortSignal: controllers.call.signal }));
      await expect.poll(() => seen.length).toBe(1);
      const reason = new Error("enough");
      controllers[which as "call" | "model"].abort(reason);
      expect(await run).toBe(reason);
      expect(seen[0]?.aborted).toBe(true);
    }
  });

  test("providerOptions of its name are options of the batch, those of others are not read", async () => {
    const sizes: number[] = [];
    const model = toEmbeddingModel(embedder(sizes), { request: { maxInputs: 2 } });
    const providerOptions = { batchwise: { request: { maxInputs: 1 } }, openai: { user: "u" } };
    await embedMany({ model, values: ["a", "b"], providerOptions });
    expect(sizes).toEqual([1, 1]);
    const misspelt = { batchwise: { maxConcurency: 1 } };
    const error = await failureOf(embed({ model, value: "a", providerOptions: misspelt }));
    expect(ArgumentError.isInstance(error)).toBe(true);
    const named = toEmbeddingModel(embedder(sizes), { provider: "mine" });
    await embedMany({ model: named, values: ["a", "b"], providerOptions: { mine: { request: { maxInputs: 1 } } } });
    expect(sizes).toEqual([1, 1, 1, 1]);
  });

  test("options of the model hold for each batch, its onFinish too", async () => {
    const told: number[] = [];
    const model = toEmbeddingModel(embedder(), {
      onFinish: ({ fulfilled }) => told.push(fulfilled),
      onRequest: ({ inputs }) => told.push(inputs),
    });
    await embedMany({ model, values: ["a", "b"] });
    expect(told).toEqual([2, 2]);
  });

  test("what it cannot heed is a warning", async () => {
    const model = toEmbeddingModel(embedder());
    const warningsFor = async (options: object) => (await model.doEmbed({ values: ["a"], ...options })).warnings;
    expect(await warningsFor({ headers: { "user-agent": "ai/7" } })).toEqual([]);
    expect(await warningsFor({ headers: { "x-team": "a" } })).toMatchObject([{ feature: "headers" }]);
    expect(await warningsFor({ dimensions: 2 })).toEqual([]);
    expect(await warningsFor({ dimensions: 3 })).toMatchObject([{ type: "unsupported", feature: "dimensions" }]);
  });

  test("what is no Runnable is an ArgumentError", () => {
    for (const value of [undefined, null, {}, "model"]) {
      expect(() => toEmbeddingModel(value as never)).toThrow(ArgumentError);
    }
  });
});

test("a corpus through embedMany survives a bad provider", async () => {
  const values = Array.from({ length: 500 }, (_, index) => `Text ${index}`);
  const run = async (faults: object): Promise<number[][]> => {
    await using emulator = await startEmulator({ seed: 3, faults });
    const ours = new OpenAIEmbeddings({
      apiKey: "key",
      dimensions: 16,
      baseURL: emulator.openaiBaseURL,
      retry: { attempts: 8, minDelayMs: 1, maxDelayMs: 5 },
      request: { maxInputs: 20 },
    });
    return (await embedMany({ model: toEmbeddingModel(ours), values })).embeddings;
  };
  const faults = { serverErrorRate: 0.1, resetRate: 0.1, cutBodyRate: 0.1, shuffleRate: 0.5 };
  expect(await run(faults)).toEqual(await run({}));
});
