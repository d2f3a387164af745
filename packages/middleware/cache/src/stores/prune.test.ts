import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { backendOf, texts } from "../fixtures/backend.ts";
import { type CacheOptions, fileStore, withCache } from "../index.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "batchwise-cache-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const at = (): string => join(folder, "cache.sqlite");
const vectors = (text: string): Float32Array => new Float32Array(256).fill(text.length);

async function fill(count: number, options: Partial<CacheOptions<string, unknown>> = {}): Promise<void> {
  const store = fileStore({ path: at() });
  const cached = withCache(backendOf({ answer: vectors }).bulk(), { namespace: "n", store, ...options });
  await cached.batch(texts(count));
  await store.disconnect?.();
}

it("a vector of 256 dimensions takes at most 1,200 bytes of the file", async () => {
  await fill(20_000);
  expect((await stat(at())).size / 20_000).toBeLessThan(1200);
});

it("maxBytes: the file stays below it, and what was saved first goes", async () => {
  const store = fileStore({ path: at() });
  const { bulk, seen } = backendOf({ answer: vectors });
  const maxBytes = 1_000_000;
  const cached = withCache(bulk({ request: { maxInputs: 20 }, maxConcurrency: 1 }), {
    namespace: "n",
    store,
    maxBytes,
  });
  for (let at = 0; at < 4000; at += 500) {
    await cached.batch(texts(4000).slice(at, at + 500));
    await vi.waitFor(async () => expect((await store.usage()).bytes).toBeLessThanOrEqual(maxBytes));
  }
  const before = seen().length;
  await cached.batch(texts(4000).slice(-400));
  expect(seen()).toHaveLength(before);
  await cached.batch(texts(400));
  expect(seen()).toHaveLength(before + 400);
  await store.disconnect?.();
  // Pages that were freed are used again, or given back.
  expect((await stat(at())).size).toBeLessThan(1.5 * maxBytes);
});

it("maxAgeMs: what is older is deleted, not only passed over", async () => {
  await fill(300, { maxAgeMs: 50_000, now: () => Date.now() - 60_000 });
  const store = fileStore({ path: at() });
  const cached = withCache(backendOf({ answer: vectors }).bulk(), { namespace: "n", store, maxAgeMs: 50_000 });
  await cached.batch(["new"]);
  await vi.waitFor(async () => expect(await store.usage()).toMatchObject({ entries: 1 }));
  await store.disconnect?.();
});

it("prune says how many it would delete, by age and by size; usage says what there is", async () => {
  const now = Date.now();
  await fill(100, { now: () => now - 5000 });
  const store = fileStore({ path: at() });
  const cached = withCache(backendOf({ answer: vectors }).bulk(), { namespace: "n", store, now: () => now });
  await cached.batch(texts(300));
  const { bytes, ...usage } = await store.usage();
  expect(usage).toEqual({ entries: 300, oldest: now - 5000, newest: now });
  expect(bytes).toBeGreaterThan(300 * 1037);
  expect(await store.prune({ maxAgeMs: 4000, isTrial: true })).toBe(100);
  expect(await store.prune({ maxAgeMs: 60_000, isTrial: true })).toBe(0);
  expect(await store.prune({ maxBytes: bytes / 2, isTrial: true })).toBe(150);
  expect(await store.prune({})).toBe(0);
  expect((await store.usage()).entries).toBe(300);
  expect(await store.prune({ maxAgeMs: 4000 })).toBe(100);
  expect(await store.usage()).toMatchObject({ entries: 200, oldest: now });
  await store.clear();
  await store.shrink();
  expect(await store.usage()).toMatchObject({ entries: 0, oldest: undefined, newest: undefined });
  await store.disconnect?.();
  expect((await stat(at())).size).toBeLessThan(100_000);
});

it("prune refuses a limit that is misspelled, and deletes nothing", async () => {
  await fill(3);
  const store = fileStore({ path: at() });
  await expect(store.prune({ maxAgeMS: 0 } as never)).rejects.toThrow(
    "Expected only options of prune, got `maxAgeMS`. Did you mean `maxAgeMs`?",
  );
  expect(await store.usage()).toMatchObject({ entries: 3 });
  await store.disconnect?.();
});
