import { runnable } from "@batchwise/core";
import { expect, test } from "vitest";
import { Batches } from "../src/batches.ts";
import { fakeEmbedder } from "../src/testing/fake-embedder.ts";
import { compareStrategies, largestDifference, sampleOf } from "./compare.ts";

function batches(): Batches {
  return new Batches({ drain: new AbortController().signal, signal: new AbortController().signal }, Infinity);
}

test("the three strategies make as many calls as reported, and agree", async () => {
  const texts = Array.from({ length: 10 }, (_, index) => `text number ${index}`);
  const results = await compareStrategies(fakeEmbedder({ maxInputs: 5 }).runnable, texts, batches(), false);
  expect(results.map(({ name, calls }) => [name, calls])).toEqual([
    ["default: one call after another", 10],
    ["concurrent: 5 calls at once", 10],
    ["bulk: many texts a call", 2],
  ]);
  expect(largestDifference(results.map(({ vectors }) => vectors))).toBe(0);
});

test("vectors that differ are noticed", async () => {
  let calls = 0;
  const drifting = runnable<string, Float32Array>(() => {
    calls += 1;
    return Float32Array.of(calls > 2 ? 0.5 : 0.25);
  });
  const results = await compareStrategies(drifting, ["a", "b"], batches(), false);
  expect(largestDifference(results.map(({ vectors }) => vectors))).toBe(0.25);
});

test("a text that fails ends the comparison with its error", async () => {
  const texts = ["one", "this is REFUSED"];
  await expect(compareStrategies(fakeEmbedder().runnable, texts, batches(), false)).rejects.toThrow("without REFUSED");
});

test("a sample is spread over all texts", () => {
  const texts = Array.from({ length: 100 }, (_, index) => String(index));
  expect(sampleOf(texts, 4)).toEqual(["0", "25", "50", "75"]);
  expect(sampleOf(texts.slice(0, 2), 4)).toEqual(["0", "1"]);
});
