import { expect, test } from "vitest";
import { adapters, LocalEmbeddings } from "./index.ts";

test("there is one, and it takes every option of its schema", () => {
  const { name, kind, key, options, create } = adapters[0]!;
  expect([name, kind, key, adapters.length]).toEqual(["embeddings", "embeddings", undefined, 1]);
  const names = Object.keys(options["properties"] as object);
  expect(names.toSorted()).toEqual(["cacheDir", "dimensions", "maxTokens", "model", "threads", "truncate"]);
  expect(create({})).toBeInstanceOf(LocalEmbeddings);
  // Each is looked at: what it cannot be is refused by its name.
  for (const each of names) expect(() => create({ [each]: null })).toThrow(`\`${each}\``);
});

test("the length of vectors is told where it is known", () => {
  const { dimensions } = adapters[0]!;
  expect(dimensions?.({})).toBe(512);
  expect(dimensions?.({ model: "all-MiniLM-L6-v2" })).toBe(384);
  expect(dimensions?.({ model: "all-MiniLM-L6-v2-fp32" })).toBe(384);
  expect(dimensions?.({ model: "./folder" })).toBeUndefined();
  expect(dimensions?.({ model: "./folder", dimensions: 384 })).toBe(384);
});
