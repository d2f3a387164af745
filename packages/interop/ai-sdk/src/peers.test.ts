import { createOpenAI } from "@ai-sdk/openai";
import type { EmbeddingModelV4 } from "@ai-sdk/provider";
import { rateLimiter } from "@batchwise/core";
import { startEmulator } from "@batchwise/emulator";
import { OpenAIEmbeddings } from "@batchwise/openai";
import { failureOf, flush } from "@batchwise/testkit";
import { embedMany } from "ai";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { noting, type NotingModel } from "./fixtures/noting.ts";
import { fromEmbeddingModel, toEmbeddingModel } from "./index.ts";

const values = Array.from({ length: 40 }, (_, index) => `Text ${index} of the corpus.`);
const name = "text-embedding-3-small";
const dimensions = 32;

function theirs(baseURL: string): EmbeddingModelV4 {
  return createOpenAI({ apiKey: "key", baseURL }).embedding(name);
}

async function expectedVectors(): Promise<number[][]> {
  await using emulator = await startEmulator({});
  const { embeddings } = await embedMany({ model: theirs(emulator.openaiBaseURL), values, dimensions });
  return embeddings;
}

const expected = await expectedVectors();
const asFloat32 = (vectors: readonly number[][]): Float32Array[] => vectors.map((each) => Float32Array.from(each));

describe("P5 a response that arrives shuffled is placed by index", () => {
  const faults = { shuffleRate: 1 };

  test("the AI SDK's own embedMany misplaces vectors", async () => {
    await using emulator = await startEmulator({ faults });
    const { embeddings } = await embedMany({ model: theirs(emulator.openaiBaseURL), values, dimensions });
    expect(embeddings).not.toEqual(expected);
    expect(new Set(embeddings.map(String))).toEqual(new Set(expected.map(String)));
  });

  test("the same model driven by the engine has them right", async () => {
    await using emulator = await startEmulator({ faults });
    const vectors = await fromEmbeddingModel(theirs(emulator.openaiBaseURL), { dimensions }).batch(values);
    expect(vectors).toEqual(asFloat32(expected));
    expect(emulator.stats().faults["shuffle"]).toBeGreaterThan(0);
  });

  test("ours in their embedMany has them right", async () => {
    await using emulator = await startEmulator({ faults });
    const ours = new OpenAIEmbeddings({ apiKey: "key", model: name, dimensions, baseURL: emulator.openaiBaseURL });
    const { embeddings } = await embedMany({ model: toEmbeddingModel(ours), values });
    expect(asFloat32(embeddings)).toEqual(asFloat32(expected));
  });
});

describe.each([true, false])(
  "P36 one value that is refused never fails its neighbours (position named: %s)",
  (named) => {
    const faults = { badInput: { marker: "Text 17 ", named } };

    test("the AI SDK's own embedMany loses all of them", async () => {
      await using emulator = await startEmulator({ faults });
      const model = theirs(emulator.openaiBaseURL);
      const error = await failureOf(embedMany({ model, values, dimensions }));
      expect(error.statusCode).toBe(400);
    });

    test("the same model driven by the engine loses that one", async () => {
      await using emulator = await startEmulator({ faults });
      const embeddings = fromEmbeddingModel(theirs(emulator.openaiBaseURL), { dimensions });
      const slots = await embeddings.batch(values, { returnExceptions: true });
      expect(slots[17]).toMatchObject({ code: "invalid_input", status: 400 });
      expect(slots.toSpliced(17, 1)).toEqual(asFloat32(expected).toSpliced(17, 1));
      // P49 Where no position is named, five single values are asked first whether all are refused.
      const found = 5 + 2 + 2 * Math.ceil(Math.log2(values.length));
      expect(emulator.stats().requests).toBeLessThanOrEqual(named ? 3 : found);
    });
  },
);

describe("P15 a slow call does not stall the next one", () => {
  /** Its first call never ends. */
  const slow = (): NotingModel => {
    const model = noting({ maxEmbeddingsPerCall: 1 });
    return {
      ...model,
      doEmbed(options) {
        const isFirst = model.calls.length === 0;
        const answer = model.doEmbed(options);
        return isFirst ? new Promise(() => {}) : answer;
      },
    };
  };

  test("the AI SDK's own embedMany waits for its whole round", async () => {
    const model = slow();
    void embedMany({ model, values: ["a", "b", "c", "d"], maxParallelCalls: 2 });
    for (let turn = 0; turn < 20; turn++) await flush();
    expect(model.calls.map(({ values: [value] }) => value)).toEqual(["a", "b"]);
  });

  test("the same model driven by the engine goes on", async () => {
    const model = slow();
    const limiter = rateLimiter();
    const controller = new AbortController();
    const options = { maxConcurrency: 2, signal: controller.signal };
    const run = failureOf(fromEmbeddingModel(model, { limiter }).batch(["a", "b", "c", "d"], options));
    for (let turn = 0; turn < 20; turn++) await flush();
    expect(model.calls.map(({ values: [value] }) => value)).toEqual(["a", "b", "c", "d"]);
    controller.abort();
    await run;
  });
});

describe("P35 an error gives away neither inputs nor the provider's words", () => {
  test("the AI SDK's own error holds the request's body", async () => {
    await using emulator = await startEmulator({ faults: { badInput: { marker: "Text 17 " } } });
    const error = await failureOf(embedMany({ model: theirs(emulator.openaiBaseURL), values, dimensions }));
    expect(JSON.stringify(error.requestBodyValues)).toContain("Text 17 ");
  });

  test("ours does not", async () => {
    await using emulator = await startEmulator({ faults: { badInput: { marker: "Text 17 " } } });
    const embeddings = fromEmbeddingModel(theirs(emulator.openaiBaseURL), { dimensions });
    const error = await failureOf(embeddings.invoke("Text 17 is private"));
    expect(error).toMatchObject({ status: 400 });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/Text 17|private/);
  });
});
