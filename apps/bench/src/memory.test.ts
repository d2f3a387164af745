import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { measureMemory } from "./memory.ts";

let cache: string;
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), "bench-memory-"));
});
afterAll(() => rm(cache, { recursive: true }));

test("the process answers with a level and a peak that is not below it", async () => {
  const use = await measureMemory(
    { kind: "loop", module: "hand-written", name: "hand-written loop", items: 1000 },
    cache,
  );
  expect(use.level).toBeGreaterThan(2 ** 20);
  expect(use.peak).toBeGreaterThanOrEqual(use.level);
  expect(use.maxRss).toBeGreaterThanOrEqual(use.peak);
});

test("the memory that a contender keeps is measured: twenty times the items take more", async () => {
  const task = { kind: "loop", module: "p-queue", name: "p-queue + allSettled" } as const;
  const few = await measureMemory({ ...task, items: 500 }, cache);
  const many = await measureMemory({ ...task, items: 10_000 }, cache);
  // Each waiting call of a queue holds more than a kilobyte; 9,500 of them are far above the noise.
  expect(many.peak - many.level).toBeGreaterThan(few.peak - few.level + 5 * 2 ** 20);
});

test("a stream is measured too", async () => {
  const use = await measureMemory(
    { kind: "stream", module: "hand-written", name: "hand-written generator", items: 2500 },
    cache,
  );
  expect(use.peak).toBeGreaterThanOrEqual(use.level);
});

test("a process that ends without an answer is an error that names the contender", async () => {
  const task = { kind: "loop", module: "hand-written", name: "unknown", items: 1 } as const;
  await expect(measureMemory(task, cache)).rejects.toThrow(
    /^Expected the process of unknown to answer, got its end with 1\.\n[^]*Expected a contender named "unknown", got none\./,
  );
});
