import { withCache } from "@batchwise/cache";
import { runnable, type Runnable, withFallbacks } from "@batchwise/core";
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
