import { createOpenAI } from "@ai-sdk/openai";
import { type Faults, startEmulator } from "@batchwise/emulator";
import { describe, expect, test } from "vitest";
import { fromEmbeddingModel, fromLanguageModel } from "./index.ts";

const texts = Array.from({ length: 400 }, (_, index) => `Text ${index} of the corpus.`);
const retry = { attempts: 8, minDelayMs: 1, maxDelayMs: 5 };

async function embed(faults: Faults): Promise<readonly (Float32Array | Error)[]> {
  await using emulator = await startEmulator({ seed: 3, faults });
  const openai = createOpenAI({ apiKey: "key", baseURL: emulator.openaiBaseURL });
  const embeddings = fromEmbeddingModel(openai.embedding("text-embedding-3-small"), {
    dimensions: 32,
    retry,
    request: { maxInputs: 16 },
  });
  const slots = await embeddings.batch(texts, { returnExceptions: true });
  const happened = Object.values(emulator.stats().faults).reduce((sum, count) => sum + count, 0);
  expect(happened > 0).toBe(Object.keys(faults).length > 0);
  return slots;
}

const expected = await embed({});

describe("their embedding model through a provider with faults", () => {
  test.each<[string, Faults]>([
    ["errors of the server", { serverErrorRate: 0.2 }],
    ["pages of HTML from a gateway", { htmlErrorRate: 0.2 }],
    ["connections that are reset", { resetRate: 0.2 }],
    ["bodies that end early", { cutBodyRate: 0.2 }],
    ["bodies that trickle in", { slowBodyRate: 0.2, slowBodyMs: 20 }],
    ["P22 429s that name a wait", { rateLimitRate: 0.2, retryAfterMs: 5 }],
    ["rows in another order", { shuffleRate: 0.5 }],
    ["vectors that are not finite, which their model refuses whole", { nanRate: 0.2 }],
  ])("%s cost nothing but calls", async (_, faults) => {
    expect(await embed(faults)).toEqual(expected);
  });

  test.each<[string, Faults]>([
    ["rows that are missing", { missingRowRate: 0.3 }],
    ["an index that is there twice", { duplicateIndexRate: 0.3 }],
    ["an index beyond the last", { outOfRangeIndexRate: 0.3 }],
    ["vectors that are too short", { wrongSizeRate: 0.3 }],
  ])("L13 P6 %s: at most errors of their items, and no input gets another one's vector", async (_, faults) => {
    const slots = await embed(faults);
    const failed = slots.filter((slot) => slot instanceof Error);
    expect(failed.map((error) => (error as { code?: string }).code)).toEqual(failed.map(() => "invalid_result"));
    expect(failed.length).toBeLessThan(texts.length / 10);
    const wrong = slots.filter((slot, index) => !(slot instanceof Error) && String(slot) !== String(expected[index]));
    expect(wrong).toEqual([]);
  });
});

describe("their language model", () => {
  test("answers everything in spite of faults", async () => {
    await using emulator = await startEmulator({ seed: 3, faults: { serverErrorRate: 0.2, resetRate: 0.1 } });
    const openai = createOpenAI({ apiKey: "key", baseURL: emulator.openaiBaseURL });
    for (const model of [openai.chat("gpt-5-mini"), openai.responses("gpt-5-mini")]) {
      const answers = await fromLanguageModel(model, { retry }).batch(texts.slice(0, 30));
      expect(answers.map(({ text }) => text)).toEqual(texts.slice(0, 30).map((text) => `Echo: ${text}`));
    }
  });

  test("P24 exhausted quota ends the batch", async () => {
    await using emulator = await startEmulator({ faults: { quotaAfterRequests: 3 } });
    const openai = createOpenAI({ apiKey: "key", baseURL: emulator.openaiBaseURL });
    const chat = fromLanguageModel(openai.chat("gpt-5-mini"), { retry });
    const slots = await chat.batch(texts, { returnExceptions: true, maxConcurrency: 1 });
    expect(slots.at(-1)).toMatchObject({ code: "quota_exceeded", status: 429, retryable: false });
    expect(emulator.stats().requests).toBe(4);
  });

  test("learns the limits from headers, and stays within them", async () => {
    const limits = { requestsPerMinute: 6000, tokensPerMinute: 1_000_000 };
    await using emulator = await startEmulator({ limits, fill: 0.01 });
    const openai = createOpenAI({ apiKey: "key", baseURL: emulator.openaiBaseURL });
    const chat = fromLanguageModel(openai.chat("gpt-5-mini"), { retry });
    await chat.batch(texts.slice(0, 100));
    expect(emulator.stats()).toMatchObject({ answered: 100, rateLimited: 0 });
  });
});
