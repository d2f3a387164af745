import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bulkRunnable } from "@batchwise/core";
import { expect, test } from "vitest";
import { fileStore, withCache } from "./index.ts";

// The store of a `withCache` with the namespace below, of the built package of commit 785447d, after a batch of
// ["a vector", "an answer"] whose outputs were Float32Array.of(0.1, -2) and { text: "an answer" }.
const FIXTURE = new URL("fixtures/from-785447d/cache.sqlite", import.meta.url);

test("opens what commit 785447d wrote: both entries are found, and only what is new is sent", async () => {
  const folder = await mkdtemp(join(tmpdir(), "batchwise-cache-"));
  const path = join(folder, "cache.sqlite");
  await cp(FIXTURE, path);
  const sent: string[] = [];
  const inner = bulkRunnable<string, unknown>(async (texts) => {
    sent.push(...texts);
    return texts.map((text) => ({ text }));
  });
  const store = fileStore({ path });
  try {
    const cached = withCache(inner, { store, namespace: { provider: "example", model: "m", dimensions: 2 } });
    expect(await cached.batch(["a vector", "an answer", "new"])).toEqual([
      Float32Array.of(0.1, -2),
      { text: "an answer" },
      { text: "new" },
    ]);
    expect(sent).toEqual(["new"]);
    expect(cached.stats()).toMatchObject({ hits: 2, misses: 1, damaged: 0 });
  } finally {
    await store.disconnect?.();
    await rm(folder, { recursive: true });
  }
});
