import { bulkRunnable } from "@batchwise/core";
import { startEmulator } from "@batchwise/emulator";
import { OpenAIEmbeddings as OurEmbeddings } from "@batchwise/openai";
import { RunnableLambda } from "@langchain/core/runnables";
import { OpenAIEmbeddings } from "@langchain/openai";
import { failureOf } from "@batchwise/testkit";
import { describe, expect, test } from "vitest";
import { fromLangChain, fromLangChainEmbeddings, toLangChain, toLangChainEmbeddings } from "./index.ts";

const texts = Array.from({ length: 40 }, (_, index) => `Text ${index} of the corpus.`);
const model = "text-embedding-3-small";

function theirs(baseURL: string): OpenAIEmbeddings {
  return new OpenAIEmbeddings({ apiKey: "key", model, dimensions: 32, maxRetries: 0, configuration: { baseURL } });
}

async function expectedVectors(): Promise<number[][]> {
  await using emulator = await startEmulator({});
  return await theirs(emulator.openaiBaseURL).embedDocuments(texts);
}

const expected = await expectedVectors();
const asFloat32 = (vectors: readonly number[][]): Float32Array[] => vectors.map((each) => Float32Array.from(each));

describe("P1 an item that failed at step 1 never reaches step 2", () => {
  const first = new RunnableLambda({
    func: async (text: string): Promise<string> => {
      if (text === "bad") throw new Error("boom");
      return text;
    },
  });
  const second = new RunnableLambda({ func: async (text: string) => `ok:${text}` });

  test("LangChain's own batch passes it on, and calls it a success", async () => {
    const slots = await first.pipe(second).batch(["good", "bad"], {}, { returnExceptions: true });
    expect(slots).toEqual(["ok:good", "ok:Error: boom"]);
  });

  test("through the engine it stays an Error", async () => {
    const chain = fromLangChain(first.pipe(second), { retry: false });
    const slots = await chain.batch(["good", "bad"], { returnExceptions: true });
    expect(slots).toEqual(["ok:good", new Error("boom")]);
  });

  test("in a pipe of ours it stays an Error, and step 2 has one call", async () => {
    const seen: string[] = [];
    const noted = fromLangChain(
      new RunnableLambda({
        func: async (text: string) => {
          seen.push(text);
          return `ok:${text}`;
        },
      }),
    );
    const slots = await fromLangChain(first, { retry: false })
      .pipe(noted)
      .batch(["good", "bad"], { returnExceptions: true });
    expect(slots).toEqual(["ok:good", new Error("boom")]);
    expect(seen).toEqual(["good"]);
  });

  test("a step of ours in a chain of theirs does not take it for an input", async () => {
    const seen: string[] = [];
    const ours = toLangChain(
      bulkRunnable(async (inputs: readonly string[]) => {
        seen.push(...inputs);
        return inputs.map((text) => `ok:${text}`);
      }),
    );
    const slots = await first.pipe(ours).batch(["good", "bad"], {}, { returnExceptions: true });
    expect(slots).toEqual(["ok:good", new Error("boom")]);
    expect(seen).toEqual(["good"]);
  });
});

describe("P5 a response that arrives shuffled is placed by index", () => {
  const faults = { shuffleRate: 1 };

  test("LangChain's own embeddings are misplaced", async () => {
    await using emulator = await startEmulator({ faults });
    const vectors = await theirs(emulator.openaiBaseURL).embedDocuments(texts);
    expect(vectors).not.toEqual(expected);
    expect(new Set(vectors.map(String))).toEqual(new Set(expected.map(String)));
  });

  test("the same object driven by the engine has them right", async () => {
    await using emulator = await startEmulator({ faults });
    const vectors = await fromLangChainEmbeddings(theirs(emulator.openaiBaseURL)).batch(texts);
    expect(vectors).toEqual(asFloat32(expected));
    expect(emulator.stats().faults["shuffle"]).toBeGreaterThan(0);
  });

  test("ours as their Embeddings has them right", async () => {
    await using emulator = await startEmulator({ faults });
    const ours = new OurEmbeddings({ apiKey: "key", model, dimensions: 32, baseURL: emulator.openaiBaseURL });
    expect(await toLangChainEmbeddings(ours).embedDocuments(texts)).toEqual(expected);
  });
});

describe.each([true, false])(
  "P36 one text that is refused never fails its neighbours (position named: %s)",
  (named) => {
    const faults = { badInput: { marker: "Text 17 ", named } };

    test("LangChain's own embeddings lose all of them", async () => {
      await using emulator = await startEmulator({ faults });
      const error = await failureOf(theirs(emulator.openaiBaseURL).embedDocuments(texts));
      expect(error.status).toBe(400);
    });

    test("the same object driven by the engine loses that one", async () => {
      await using emulator = await startEmulator({ faults });
      const embeddings = fromLangChainEmbeddings(theirs(emulator.openaiBaseURL));
      const slots = await embeddings.batch(texts, { returnExceptions: true });
      expect(slots[17]).toMatchObject({ code: "invalid_input", status: 400 });
      expect(slots.toSpliced(17, 1)).toEqual(asFloat32(expected).toSpliced(17, 1));
      // P49 Where no position is named, five single texts are asked first whether all are refused.
      const found = 5 + 2 + 2 * Math.ceil(Math.log2(texts.length));
      expect(emulator.stats().requests).toBeLessThanOrEqual(named ? 2 : found);
    });
  },
);
