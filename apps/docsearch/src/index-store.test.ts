import { readdir, readFile, truncate, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { IndexStore } from "./index-store.ts";
import type { Entry } from "./segment.ts";
import { temporaryFolder } from "./testing/folder.ts";

const ORIGIN = { embedder: "small words", dimensions: 3 };

test("an index of another model is refused and stays as it is", async () => {
  const folder = await temporaryFolder();
  const store = await IndexStore.open(folder, ORIGIN);
  store.add(entry("a"));
  await store.flush();
  await expect(IndexStore.open(folder, { ...ORIGIN, embedder: "large words" })).rejects.toThrow(
    "Expected an index by large words, got one by small words: their vectors cannot be compared.",
  );
  expect((await IndexStore.open(folder, ORIGIN)).size).toBe(1);
});

test("what was flushed is kept, and what was not is lost", async () => {
  const folder = await temporaryFolder();
  const store = await IndexStore.open(folder, ORIGIN);
  store.add(entry("a"));
  store.add(entry("b"));
  await store.flush();
  store.add(entry("c"));
  expect(store.unsaved).toBe(1);

  const again = await IndexStore.open(folder, ORIGIN);
  expect(again.vector("a")).toEqual(entry("a").vector);
  expect(again.vector("b")).toEqual(entry("b").vector);
  expect(again.vector("c")).toBeUndefined();
});

test.each(["truncated", "one bit flipped", "emptied"])(
  "a segment that is %s is dropped, and the others are kept",
  async (damage) => {
    const folder = await temporaryFolder();
    const store = await IndexStore.open(folder, ORIGIN);
    store.add(entry("a"));
    await store.flush();
    const [first = ""] = await readdir(folder);
    store.add(entry("b"));
    await store.flush();
    const file = path.join(folder, first);
    const bytes = await readFile(file);
    if (damage === "truncated") await truncate(file, bytes.length - 7);
    else if (damage === "emptied") await truncate(file, 0);
    else {
      bytes[bytes.length >> 1]! ^= 1;
      await writeFile(file, bytes);
    }

    const again = await IndexStore.open(folder, ORIGIN);
    expect(again.damaged).toBe(1);
    expect(again.vector("a")).toBeUndefined();
    expect(again.vector("b")).toEqual(entry("b").vector);
    expect((await readdir(folder)).length).toBe(1);
  },
);

test("a torn write leaves a temporary file, which is not read, and removed once no process can be writing it", async () => {
  const folder = await temporaryFolder();
  await writeFile(path.join(folder, "half.arrow.1.tmp"), "half");
  expect((await IndexStore.open(folder, ORIGIN)).size).toBe(0);
  expect(await readdir(folder)).toHaveLength(1);
  await utimes(path.join(folder, "half.arrow.1.tmp"), 0, 0);
  expect((await IndexStore.open(folder, ORIGIN)).damaged).toBe(0);
  expect(await readdir(folder)).toHaveLength(0);
});

test("vectors of another length are refused, on disk and when added", async () => {
  const folder = await temporaryFolder();
  const store = await IndexStore.open(folder, ORIGIN);
  store.add(entry("a"));
  await store.flush();
  expect((await IndexStore.open(folder, { ...ORIGIN, dimensions: 4 })).damaged).toBe(1);
  expect(() => store.add({ ...entry("b"), vector: new Float32Array(2) })).toThrow(/3 numbers, got one of 2/);
});

test("many segments become one, without unwanted texts", async () => {
  const folder = await temporaryFolder();
  const store = await IndexStore.open(folder, ORIGIN);
  const keys = Array.from({ length: 10 }, (_, index) => `key ${index}`);
  for (const key of keys) {
    store.add(entry(key));
    // oxlint-disable-next-line no-await-in-loop -- one segment after another
    await store.flush();
  }
  await store.compact(new Set(keys.slice(0, 9)));
  expect(await readdir(folder)).toHaveLength(1);
  const again = await IndexStore.open(folder, ORIGIN);
  expect(again.size).toBe(9);
  expect(again.vector("key 8")).toEqual(entry("key 8").vector);
});

test("few segments stay as they are", async () => {
  const folder = await temporaryFolder();
  const store = await IndexStore.open(folder, ORIGIN);
  for (const key of ["a", "b"]) {
    store.add(entry(key));
    // oxlint-disable-next-line no-await-in-loop -- one segment after another
    await store.flush();
  }
  const before = await readdir(folder);
  await store.compact(new Set(["a", "b"]));
  expect(await readdir(folder)).toEqual(before);
});

function entry(key: string): Entry {
  return {
    key,
    text: `text of ${key}`,
    vector: Float32Array.from([key.length, 0.1, key.charCodeAt(key.length - 1)]),
  };
}
