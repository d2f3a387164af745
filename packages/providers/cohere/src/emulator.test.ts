import { ResultError } from "@batchwise/core";
import { type Faults, startEmulator } from "@batchwise/emulator";
import { describe, expect, test } from "vitest";
import { CohereEmbeddings } from "./embeddings.ts";
import { CohereRerank } from "./rerank.ts";

const texts = Array.from({ length: 2000 }, (_, index) => `Text ${index} of the corpus${" and on".repeat(index % 7)}.`);
/** Backoffs as short as the test wants them; the provider's own limits are another test's concern. */
const fast = {
  apiKey: "key",
  requestsPerMinute: 100_000,
  retry: { attempts: 8, minDelayMs: 1, maxDelayMs: 5 },
} as const;

async function embed(faults: Faults): Promise<readonly (Float32Array | Error)[]> {
  await using emulator = await startEmulator({ seed: 3, faults, dimensions: 64 });
  const embeddings = new CohereEmbeddings({
    ...fast,
    model: "embed-multilingual-v9",
    inputType: "search_document",
    inputsPerMinute: 1_000_000,
    baseURL: emulator.cohereBaseURL,
  });
  const slots = await embeddings.batch(texts, { returnExceptions: true, request: { maxInputs: 32 } });
  const happened = Object.values(emulator.stats().faults).reduce((sum, count) => sum + count, 0);
  expect(happened > 0).toBe(Object.keys(faults).length > 0);
  return slots;
}

const expected = await embed({});

/** Counts the items that failed. Every other one has its own vector, and they failed for what came for them. */
function failedIn(slots: readonly (Float32Array | Error)[]): number {
  const errors = slots.filter((slot) => slot instanceof Error);
  const wrong = slots.filter((slot, index) => !(slot instanceof Error) && String(slot) !== String(expected[index]));
  expect(wrong).toEqual([]);
  expect(errors.filter((error) => !ResultError.isInstance(error))).toEqual([]);
  return errors.length;
}

describe("a corpus through a provider with faults", () => {
  test("without any, every text has a vector of its own", () => {
    expect(expected.every((vector) => vector instanceof Float32Array && vector.length === 64)).toBe(true);
    expect(new Set(expected.map((vector) => String(vector))).size).toBe(texts.length);
  });

  test.each<[string, Faults]>([
    ["errors of the server", { serverErrorRate: 0.2 }],
    ["pages of HTML from a gateway", { htmlErrorRate: 0.2 }],
    ["connections that are reset", { resetRate: 0.2 }],
    ["bodies that end early", { cutBodyRate: 0.2 }],
    ["bodies that trickle in", { slowBodyRate: 0.2, slowBodyMs: 20 }],
  ])("%s cost nothing but calls", async (_, faults) => {
    expect(await embed(faults)).toEqual(expected);
  });

  test("P21 429s without a time to wait cost nothing but time", async () => {
    expect(await embed({ rateLimitRate: 0.03 })).toEqual(expected);
  });

  test("P36 texts that Cohere refuses fail alone", async () => {
    const slots = await embed({ badInput: { marker: "Text 777 " } });
    expect(slots[777]).toMatchObject({ code: "invalid_input", status: 400 });
    expect(slots.toSpliced(777, 1)).toEqual(expected.toSpliced(777, 1));
  });

  test("P36 a request that fails whole is not the error of what was never in it", async () => {
    await using emulator = await startEmulator({ faults: { serverErrorRate: 1 } });
    const embeddings = new CohereEmbeddings({
      ...fast,
      model: "embed-v4.0",
      inputType: "search_query",
      baseURL: emulator.cohereBaseURL,
    });
    const inputs = ["", "fine", 4 as unknown as string];
    const slots = await embeddings.batch(inputs, { returnExceptions: true, retry: false });
    expect(slots.map((slot) => (slot as Error).name)).toEqual(["InputError", "ProviderError", "InputError"]);
  });

  // Without an index, an answer that lacks a row loses all of its rows.
  test.each<[string, Faults, number]>([
    ["rows that are missing", { missingRowRate: 0.3 }, 200],
    ["vectors that are not finite", { nanRate: 0.3 }, 10],
    ["vectors that are too short", { wrongSizeRate: 0.3 }, 10],
  ])("P48 L13 %s are asked for again, and no input gets another one's vector", async (_, faults, most) => {
    expect(failedIn(await embed(faults))).toBeLessThan(most);
  });

  test.each<[string, Faults]>([
    ["not finite", { nanRate: 1 }],
    ["too short", { wrongSizeRate: 1 }],
  ])("P48 L13 a vector in every answer that is %s is the error of its item", async (_, faults) => {
    const failed = failedIn(await embed(faults));
    // One of each of the 63 requests, and the few that are asked whether all is refused.
    expect(failed).toBeGreaterThanOrEqual(63);
    expect(failed).toBeLessThan(80);
  });

  test("P48 L13 a row that is missing from every answer ends the run, and nothing is handed out", async () => {
    await using emulator = await startEmulator({ faults: { missingRowRate: 1 } });
    const embeddings = new CohereEmbeddings({
      ...fast,
      model: "embed-v4.0",
      inputType: "clustering",
      inputsPerMinute: 1_000_000,
      baseURL: emulator.cohereBaseURL,
    });
    const slots = await embeddings.batch(texts, { returnExceptions: true });
    expect(slots.every((slot) => slot instanceof Error)).toBe(true);
    expect((slots.at(-1) as Error).message).toMatch(/^Expected some inputs to get through/);
    expect(emulator.stats().requests).toBeLessThanOrEqual(60);
  });
});

test("P24 a billing limit ends the batch", async () => {
  await using emulator = await startEmulator({ faults: { quotaAfterRequests: 2 } });
  const options = { ...fast, model: "embed-v4.0", inputType: "clustering", baseURL: emulator.cohereBaseURL } as const;
  const embeddings = new CohereEmbeddings({ ...options, maxConcurrency: 1 });
  const slots = await embeddings.batch(texts, { returnExceptions: true });
  expect(slots.filter((slot) => !(slot instanceof Error))).toHaveLength(192);
  expect(slots.at(-1)).toMatchObject({ code: "quota_exceeded" });
  expect(emulator.stats().requests).toBe(3);
});

test("a long list is ranked as a short one would be", async () => {
  await using emulator = await startEmulator({});
  const options = { ...fast, model: "rerank-v3.5", baseURL: emulator.cohereBaseURL };
  const input = { query: "Which text?", documents: texts.slice(0, 900) };
  const whole = await new CohereRerank(options).invoke(input);
  const split = await new CohereRerank({ ...options, maxDocuments: 100 }).invoke(input);
  expect(split).toEqual(whole);
  expect(emulator.stats().requests).toBe(10);
});
