import { withCache } from "@batchwise/cache";
import { setImmediate } from "node:timers/promises";
import { bulkRunnable, ProviderError, runnable, type Runnable, withFallbacks } from "@batchwise/core";
import { afterAll, expect, it } from "vitest";
import { withTelemetry } from "./index.ts";
import { backends, LENGTHS, TEXTS } from "./testing/backends.ts";
import { collector, useContextManager } from "./testing/collector.ts";

const stopUsing = useContextManager();
afterAll(stopUsing);

const passOn = runnable(async (text: string) => text);

it.each<[string, (cached: Runnable<string, number>) => Runnable<string, number>]>([
  ["by itself", (cached) => cached],
  ["in a pipe", (cached) => passOn.pipe(cached)],
  ["with fallbacks", (cached) => withFallbacks(cached, [runnable(async () => 0)])],
])("around a cache, what is sent is a request, and what the cache has is none: %s", async (_name, wrap) => {
  const seen = collector();
  const { inner, calls } = backends()["bulk"]!;
  const cached = withCache(inner, { namespace: "lengths", store: new Map() });
  const all = wrap(withTelemetry(cached, { operation: "embeddings", ...seen.providers }));
  expect(await all.batch(TEXTS.slice(0, 3))).toEqual(LENGTHS.slice(0, 3));
  expect(await all.batch(TEXTS)).toEqual(LENGTHS);
  expect(await all.batch(TEXTS)).toEqual(LENGTHS);
  expect(calls()).toBe(3);
  expect(await seen.sum("batchwise.requests")).toBe(3);
  expect(await seen.sum("batchwise.request.inputs")).toBe(TEXTS.length);
  expect(seen.spans().filter(({ name }) => name === "embeddings")).toHaveLength(3);
  expect(cached.stats()).toMatchObject({ hits: 8, saved: 5 });
});

it("inside of a cache, what is sent is a request, and what another call sends is none", async () => {
  const seen = collector();
  const calls: string[][] = [];
  const held: (() => void)[] = [];
  const inner = bulkRunnable<string, number>(async (texts) => {
    const number = calls.push([...texts]);
    await new Promise<void>((resolve) => void held.push(resolve));
    if (number === 1) throw new ProviderError("Down.", { retryable: false });
    return texts.map((text) => text.length);
  });
  const model = withTelemetry(inner, { operation: "embeddings", ...seen.providers });
  const cached = withCache(model, { namespace: "lengths", store: new Map() });
  const failing = cached.batch(["a"], { returnExceptions: true });
  await setImmediate();
  const joining = cached.batch(["ccc", "a"]);
  const joined = cached.batch(["ccc"]);
  await setImmediate();
  for (let turn = 0; turn < 5; turn++) {
    for (const release of held.splice(0)) release();
    await setImmediate();
  }
  expect(await failing).toEqual([expect.any(ProviderError)]);
  expect(await joining).toEqual([3, 1]);
  expect(await joined).toEqual([3]);
  expect(calls).toEqual([["a"], ["ccc"], ["a"]]);
  expect(await seen.sum("batchwise.requests")).toBe(3);
  expect(await seen.sum("batchwise.request.inputs")).toBe(3);
  expect(await seen.sum("batchwise.active_requests")).toBe(0);
  expect(await seen.sum("batchwise.items")).toBe(1 + 2 + 1);
});
