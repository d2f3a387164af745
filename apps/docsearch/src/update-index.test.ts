import { readdir } from "node:fs/promises";
import { runnable } from "@batchwise/core";
import { expect, test, vi } from "vitest";
import { IndexStore } from "./index-store.ts";
import type { Passage } from "./passage.ts";
import { fakeEmbedder } from "./testing/fake-embedder.ts";
import { temporaryFolder } from "./testing/folder.ts";
import { updateIndex } from "./update-index.ts";

const ORIGIN = { embedder: "hashed words", dimensions: 64 };

test("embeds what is new, once, and reuses the rest", async () => {
  const folder = await temporaryFolder();
  const first = fakeEmbedder();
  const one = passages("the first text says this", "the second text says that", "the first text says this");
  const update = await updateIndex(one, first.documents, await IndexStore.open(folder, ORIGIN));
  expect(update).toMatchObject({ embedded: 2, pending: 0, failed: [] });
  expect(update.ready).toEqual(one);
  expect(update.vectors[0]).toEqual(update.vectors[2]);

  const second = fakeEmbedder();
  const other = passages("the second text says that", "a third text, changed since");
  const again = await updateIndex(other, second.documents, await IndexStore.open(folder, ORIGIN));
  expect(second.texts).toEqual(["a\na third text, changed since"]);
  expect(again.ready).toEqual(other);
});

test("L6 a refused passage loses no other, and is returned with its place", async () => {
  const store = await IndexStore.open(await temporaryFolder(), ORIGIN);
  const given = passages("the first text says this", "here is some REFUSED for you", "the last text says that");
  const update = await updateIndex(given, fakeEmbedder({ maxInputs: 3 }).documents, store);
  expect(update.ready).toEqual([given[0], given[2]]);
  expect(update.failed).toEqual([
    {
      passage: given[1],
      reason: expect.objectContaining({ message: "Expected a text without REFUSED, got one with it." }),
    },
  ]);
  expect(update.pending).toBe(0);
});

test("drained: what is in flight is kept, on disk, and the next run embeds only the rest", async () => {
  const folder = await temporaryFolder();
  const drain = new AbortController();
  const given = passages(...Array.from({ length: 10 }, (_, index) => `this is the text with the number ${index}`));
  const stopped = fakeEmbedder({
    beforeRequest: (request) => (request === 2 ? drain.abort(new Error("stop")) : undefined),
  });
  const update = await updateIndex(given, stopped.documents, await IndexStore.open(folder, ORIGIN), {
    drain: drain.signal,
  });
  expect(update).toMatchObject({ embedded: 4, pending: 6 });

  const rest = fakeEmbedder();
  const again = await updateIndex(given, rest.documents, await IndexStore.open(folder, ORIGIN));
  expect(again).toMatchObject({ embedded: 6, pending: 0 });
  expect(new Set([...stopped.texts, ...rest.texts]).size).toBe(10);
  expect(rest.texts).toHaveLength(6);
});

test("aborted: ends at once with what was finished", async () => {
  const abort = new AbortController();
  const store = await IndexStore.open(await temporaryFolder(), ORIGIN);
  const given = passages("the first text says this", "the second text says that", "the third text is stopped");
  const stuck = fakeEmbedder({
    beforeRequest: (request) => {
      if (request === 1) return Promise.resolve();
      abort.abort(new Error("stop"));
      return new Promise<void>(() => undefined);
    },
  });
  const update = await updateIndex(given, stuck.documents, store, { signal: abort.signal });
  expect(update).toMatchObject({ embedded: 2, pending: 1 });
});

test("writes while it runs, so that a crash loses little", async () => {
  const folder = await temporaryFolder();
  const segments: number[] = [];
  const embedder = fakeEmbedder({
    beforeRequest: async () => {
      segments.push((await readdir(folder)).length);
    },
  });
  const given = passages(...Array.from({ length: 8 }, (_, index) => `this is the text with the number ${index}`));
  await updateIndex(given, embedder.documents, await IndexStore.open(folder, ORIGIN), {
    flushEvery: 2,
  });
  expect(segments[0]).toBe(0);
  expect(segments.at(-1)).toBeGreaterThan(0);
  expect(await readdir(folder)).toHaveLength(4);
});

test("a failure of neither an item nor a stop is thrown, after finished vectors were saved", async () => {
  const folder = await temporaryFolder();
  const { documents } = fakeEmbedder();
  const real = documents.batchAsCompleted.bind(documents);
  vi.spyOn(documents, "batchAsCompleted").mockImplementation(async function* (inputs) {
    for await (const outcome of real(inputs)) {
      yield outcome;
      throw new Error("Something else broke.");
    }
  });
  const given = passages("the first text says this", "the second text says that");
  await expect(updateIndex(given, documents, await IndexStore.open(folder, ORIGIN))).rejects.toThrow("Something else");
  expect((await IndexStore.open(folder, ORIGIN)).size).toBe(1);
});

test("P6 a vector of the wrong length, or with NaN, is refused with its passage", async () => {
  const { documents } = fakeEmbedder();
  const wrong = runnable<string, Float32Array>(async (text) => {
    const vector = await documents.invoke(text);
    if (text.includes("first")) return vector.slice(1);
    return text.includes("second") ? vector.fill(NaN) : vector;
  });
  const given = passages("the first text says this", "the second text says that", "the third text is sound");
  const { ready, failed } = await updateIndex(given, wrong, await IndexStore.open(await temporaryFolder(), ORIGIN));
  expect(ready).toEqual([given[2]]);
  expect(failed.map(({ passage, reason }) => [passage, reason.message])).toEqual([
    [given[0], expect.stringMatching(/expected a Float32Array of 64 numbers, got one of 63\./)],
    [given[1], expect.stringMatching(/expected a Float32Array of 64 numbers, got one with something else in it/)],
  ]);
});

function passages(...texts: string[]): Passage[] {
  return texts.map((text, index) => ({
    document: "a.md",
    line: index + 1,
    headings: [],
    text,
    code: "",
  }));
}
