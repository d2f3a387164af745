import { runnable } from "@batchwise/core";
import { expect, test } from "vitest";
import { compareStrategies, takeSample } from "./strategies.ts";
import { fakeEmbedder } from "./testing/fake-embedder.ts";

test("the three strategies make as many calls as reported, and agree", async () => {
  const texts = Array.from({ length: 10 }, (_, index) => `text number ${index}`);
  const {
    results,
    largestDifference,
    texts: count,
  } = await compareStrategies(fakeEmbedder({ maxInputs: 5 }).documents, texts);
  expect(count).toBe(10);
  expect(results.map(({ name, calls }) => [name, calls])).toEqual([
    ["default", 10],
    ["concurrent", 10],
    ["bulk", 2],
  ]);
  expect(largestDifference).toBe(0);
});

test("vectors that differ are reported", async () => {
  let calls = 0;
  const drifting = runnable<string, Float32Array>(() => {
    calls += 1;
    return Float32Array.of(calls > 2 ? 0.5 : 0.25);
  });
  expect((await compareStrategies(drifting, ["a", "b"])).largestDifference).toBe(0.25);
});

test("a sample is spread over all passages", () => {
  const passages = Array.from({ length: 100 }, (_, index) => ({
    document: "a.md",
    line: 1,
    headings: [],
    text: `this is the text with the number ${index}`,
    code: "",
  }));
  expect(takeSample(passages, 4).map((text) => text.split(" ").at(-1))).toEqual(["0", "25", "50", "75"]);
  expect(takeSample(passages.slice(0, 2), 4)).toHaveLength(2);
});
