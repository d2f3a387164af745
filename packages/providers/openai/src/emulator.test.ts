import { BatchwiseError, InputError, ProviderError, ResultError } from "@batchwise/core";
import { type Behavior, startEmulator } from "@batchwise/emulator";
import { afterAll, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { collected } from "./fixtures/wire.ts";
import {
  OpenAIChat,
  OpenAIEmbeddings,
  type OpenAIEmbeddingsOptions,
  OpenAIModeration,
  OpenAIResponses,
} from "./index.ts";

// A safeguard, not a measure: connections and short waits of real time, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const emulator = await startEmulator();
afterAll(() => emulator.close());

/** Each test has limiters of its own: those are a key's. */
let key = 0;
beforeEach(() => {
  key++;
});

const texts = Array.from({ length: 300 }, (_, index) => `text number ${index} ${"and more ".repeat(index % 9)}`);
/** The vectors of a run without faults, by text. */
const expected = await vectorsOf(texts);

test("vectors are those of the model, in the order of the texts", async () => {
  expect(new Set(expected.map((vector) => vector.join())).size).toBe(texts.length);
  expect(await vectorsOf(texts.toReversed())).toEqual(expected.toReversed());
  expect(expected[0]).toHaveLength(1536);
});

test.for<[string, Behavior["faults"], OpenAIEmbeddingsOptions?]>([
  ["P21 429s without a wait", { rateLimitRate: 0.1, retryAfter: "none" }],
  ["P22 429s with a wait in milliseconds", { rateLimitRate: 0.1, retryAfter: "ms", retryAfterMs: 5 }],
  ["servers' errors", { serverErrorRate: 0.3 }],
  ["pages of HTML", { htmlErrorRate: 0.3 }],
  ["connections that are reset", { resetRate: 0.3 }],
  ["bodies that are cut", { cutBodyRate: 0.3 }],
  ["bodies that trickle in", { slowBodyRate: 0.3, slowBodyMs: 20 }],
  ["P5 rows in another order", { shuffleRate: 1 }],
])("%s: every text has its own vector, once", async ([, faults]) => {
  begin({ seed: key, faults, trackInputs: true });
  const embeddings = make();
  const vectors = await embeddings.batch(texts, { request: { maxInputs: 20 }, retry: PATIENT });
  expect(vectors).toEqual(expected);
  expectOnce();
});

test("servers that send numbers, or no index, are understood", async () => {
  begin({ quirks: { encoding: "float", omitIndex: true, usage: "missing" } });
  expect(await vectorsOf(texts)).toEqual(expected);
});

test.for<[string, Behavior["faults"]]>([
  ["a row is missing", { missingRowRate: 1 }],
  ["a row has another's index", { duplicateIndexRate: 1 }],
  ["a row has an index beyond the last", { outOfRangeIndexRate: 1 }],
  ["a vector is not finite", { nanRate: 1 }],
  ["a vector is too short", { wrongSizeRate: 1 }],
])("P6 L13 %s: an error for its texts, the right vector for every other", async ([, faults]) => {
  begin({ seed: key, faults });
  const slots = await make().batch(texts, { request: { maxInputs: 50 }, returnExceptions: true });
  const failed = slots.filter((slot) => slot instanceof Error);
  expect(failed.every((error) => error instanceof ResultError)).toBe(true);
  // P48 At most one row of each of the six requests, and the one that it was taken for: what is asked for again may be right.
  expect(failed.length).toBeLessThanOrEqual(12);
  const kept = slots.flatMap((slot, index) => (slot instanceof Error ? [] : [[index, slot] as const]));
  expect(kept).toEqual(kept.map(([index]) => [index, expected[index]]));
});

test.for([true, false])("P36 poisoned texts fail alone; the error names them: %s", async (named) => {
  const poisoned = texts.map((text, index) => (index % 97 === 0 ? `${text} POISON` : text));
  begin({ seed: key, faults: { badInput: { marker: "POISON", named } } });
  const slots = await make().batch(poisoned, { request: { maxInputs: 100 }, returnExceptions: true });
  for (const [index, slot] of slots.entries()) {
    const bad = index % 97 === 0;
    expect(slot instanceof ProviderError && slot.code === "invalid_input").toBe(bad);
    expect(bad || slot).toEqual(bad || expected[index]);
  }
});

test("P24 exhausted quota ends the run, keeps what is finished and names itself", async () => {
  begin({ faults: { quotaAfterRequests: 3 } });
  const slots = await make().batch(texts, { request: { maxInputs: 20 }, maxConcurrency: 1, returnExceptions: true });
  expect(slots.slice(0, 20)).toEqual(expected.slice(0, 20));
  const rest = slots.filter((slot) => slot instanceof BatchwiseError);
  expect(new Set(rest.map((error) => error.code))).toEqual(new Set(["quota_exceeded"]));
  expect(emulator.stats().requests).toBe(4);
});

test("a key that is refused ends the run with one request, and so does a model that is not there", async () => {
  begin({ apiKey: "another" });
  const [first] = await make().batch(texts, { request: { maxInputs: 20 }, returnExceptions: true });
  expect(first).toMatchObject({ code: "authentication", status: 401 });
  expect(emulator.stats().requests).toBe(1);
  begin({ models: ["text-embedding-3-small"] });
  const [slot] = await make({ model: "nothing" }).batch(texts, { returnExceptions: true });
  expect(slot).toMatchObject({ code: "invalid_argument", status: 404, providerCode: "model_not_found" });
  expect(emulator.stats().requests).toBe(1);
});

test("limits are learned from the first response on: hardly a 429", async () => {
  begin({ limits: { requestsPerMinute: 6000, tokensPerMinute: 600_000 }, fill: 0.01, tokens: "fast" });
  expect(await make().batch(texts, { request: { maxInputs: 10 } })).toEqual(expected);
  const { rateLimited, answered } = emulator.stats();
  expect(answered).toBeGreaterThanOrEqual(30);
  expect(rateLimited).toBeLessThanOrEqual(2);
});

test("empty and overlong texts never reach the server", async () => {
  begin({ trackInputs: true });
  const slots = await make().batch(["", "fine", "word ".repeat(9000)], { returnExceptions: true });
  expect(slots.map((slot) => slot.constructor)).toEqual([InputError, Float32Array, InputError]);
  expect(emulator.stats().byStatus).toEqual({ 200: 1 });
});

test("P36 a request that fails whole is not the error of what was never in it", async () => {
  begin({ faults: { serverErrorRate: 1 } });
  const slots = await make().batch(["", "fine", 4 as unknown as string], { returnExceptions: true, retry: false });
  expect(slots.map((slot) => slot.constructor)).toEqual([InputError, ProviderError, InputError]);
  expect((slots[0] as InputError).message).toBe(
    "Expected the input to be a non-empty string, got an empty string. Change it, or leave it out.",
  );
});

test.for(Array.from({ length: 12 }, (_, seed) => seed))(
  "faults of every kind at once, seed %i: nothing lost, nothing in another's place",
  async (seed) => {
    begin({
      seed,
      tokens: "fast",
      trackInputs: true,
      limits: { requestsPerMinute: 60_000, tokensPerMinute: 6_000_000 },
      faults: {
        serverErrorRate: 0.08,
        htmlErrorRate: 0.05,
        resetRate: 0.05,
        cutBodyRate: 0.05,
        slowBodyRate: 0.05,
        slowBodyMs: 10,
        rateLimitRate: 0.01,
        retryAfterMs: 5,
        shuffleRate: 0.3,
        missingRowRate: 0.05,
        duplicateIndexRate: 0.05,
        outOfRangeIndexRate: 0.02,
        nanRate: 0.05,
        wrongSizeRate: 0.05,
        badInput: { marker: "number 13 ", named: seed % 2 === 0 },
      },
    });
    const slots = await make().batch(texts, {
      request: { maxInputs: 15 },
      maxConcurrency: 8,
      returnExceptions: true,
      retry: PATIENT,
    });
    expect(slots).toHaveLength(texts.length);
    const wrong = slots.flatMap((slot, index) => (isRight(slot, index) ? [] : [index]));
    expect(wrong).toEqual([]);
    expect(slots[13]).toMatchObject({ code: "invalid_input" });
    // P48 what is malformed is sent again: more than once answered, but never more than it takes.
    expect(slots.filter((slot) => slot instanceof Float32Array).length).toBeGreaterThan(295);
    expect(emulator.stats().requests).toBeLessThan(200);
  },
);

test("moderation stands the same faults", async () => {
  const inputs = texts.slice(0, 96);
  begin({ seed: key });
  const fine = await new OpenAIModeration(connection()).batch(inputs);
  begin({
    faults: { serverErrorRate: 0.2, cutBodyRate: 0.2, resetRate: 0.1, rateLimitRate: 0.1, retryAfterMs: 5 },
  });
  expect(await new OpenAIModeration(connection()).batch(inputs, { retry: PATIENT })).toEqual(fine);
});

test("chat and responses stand the same faults, and give values by a schema", async () => {
  begin({
    seed: 3,
    limits: { requestsPerMinute: 60_000, tokensPerMinute: 6_000_000 },
    faults: {
      serverErrorRate: 0.03,
      htmlErrorRate: 0.03,
      resetRate: 0.03,
      cutBodyRate: 0.03,
      rateLimitRate: 0.01,
      retryAfterMs: 5,
    },
  });
  const prompts = texts.slice(0, 60);
  const model = { ...connection(), model: "gpt-6-luna", retry: PATIENT };
  const echoes = prompts.map((prompt) => `Echo: ${prompt}`);
  const chat = await new OpenAIChat(model).batch(prompts);
  expect(chat.map(({ text }) => text)).toEqual(echoes);
  const responses = await new OpenAIResponses(model).batch(prompts);
  expect(responses.map(({ text }) => text)).toEqual(echoes);

  const schema = z.object({ title: z.string(), tags: z.array(z.string()) });
  const values = await new OpenAIChat({ ...model, schema }).batch(prompts);
  expect(values.every((value) => schema.safeParse(value).success)).toBe(true);
});

test("streams of both give the same text as one answer", async () => {
  begin({});
  const model = { ...connection(), model: "gpt-6-luna" };
  for (const runnable of [new OpenAIChat(model), new OpenAIResponses(model)]) {
    const parts = await collected(runnable.stream("a prompt of several words"));
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.join("")).toBe("Echo: a prompt of several words");
  }
});

/** Begins anew, with nothing left of what tests before have asked for. */
function begin(behaviour: Behavior): void {
  const nothing = { apiKey: undefined, limits: undefined, fill: undefined, quirks: undefined, models: undefined };
  emulator.reset({ ...nothing, seed: 1, tokens: undefined, trackInputs: undefined, faults: undefined, ...behaviour });
}

/** Enough tries for these rates, and hardly a wait. */
const PATIENT = { attempts: 12, minDelayMs: 1, maxDelayMs: 5 };

function connection(): { readonly apiKey: string; readonly baseURL: string } {
  return { apiKey: `test-key-${key}`, baseURL: emulator.openaiBaseURL };
}

function make(options: OpenAIEmbeddingsOptions = {}): OpenAIEmbeddings {
  return new OpenAIEmbeddings({ ...connection(), ...options });
}

async function vectorsOf(inputs: readonly string[]): Promise<Float32Array[]> {
  return make().batch(inputs);
}

/** Its own vector, or an error that says what is wrong with this very text or answer. */
function isRight(slot: Float32Array | Error, index: number): boolean {
  if (slot instanceof ResultError) return true;
  if (slot instanceof ProviderError) return index === 13 && slot.code === "invalid_input";
  return slot instanceof Float32Array && slot.join() === expected[index]!.join();
}

/** No text was answered twice: what had come through was not sent again. */
function expectOnce(): void {
  const counts = Object.values(emulator.stats().inputs ?? {}).map(({ answered }) => answered);
  expect(counts.filter((answered) => answered > 1)).toEqual([]);
}
