import { InputError, ProviderError, ResultError, runnable, withRetry } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { expect, test } from "vitest";
import { ChunkOutage } from "./chunk-outage.ts";

const plain = runnable(async (input: unknown) => input);
const gone = new ProviderError("Gone.", { status: 503, retryable: true });

function outageOf(retry: object = {}): { clock: FakeClock; outage: ChunkOutage } {
  const clock = new FakeClock();
  return { clock, outage: new ChunkOutage(withRetry(plain, retry), clock) };
}

test("P42 a chunk of which nothing was answered is given back for 15 minutes, or 2 where nothing ever got through", async () => {
  const { clock, outage } = outageOf();
  expect(outage.holds("a", [gone])).toBe(true);
  await clock.advance(90_000);
  expect(outage.holds("a", [gone])).toBe(true);
  await clock.advance(30_000);
  expect(outage.holds("a", [gone])).toBe(false);
  expect(outage.holds("b", ["an answer"])).toBe(false);
  await clock.advance(1);
  expect(outage.holds("c", [gone, gone])).toBe(true);
  await clock.advance(899_000);
  expect(outage.holds("c", [gone, gone])).toBe(true);
  await clock.advance(1000);
  expect(outage.holds("c", [gone, gone])).toBe(false);
});

test("P42 once another chunk gets through, it is the chunk's own failure", async () => {
  const { clock, outage } = outageOf();
  expect(outage.holds("bad", [gone])).toBe(true);
  await clock.advance(1000);
  expect(outage.holds("good", ["an answer", gone])).toBe(false);
  expect(outage.holds("bad", [gone])).toBe(false);
});

test.for([
  ["a refusal", new InputError("No.")],
  ["a malformed answer", new ResultError("No.")],
  ["a rate limit", new ProviderError("Later.", { code: "rate_limited", retryable: true, retryAfterMs: 86_400_000 })],
  ["another error", new Error("No.")],
] as const)("P47 %s is its input's, at once", ([, error]) => {
  expect(outageOf().outage.holds("a", [error])).toBe(false);
});

test("a Runnable without retries, or that waits for no outage, has its failures at once", () => {
  expect(new ChunkOutage(plain, new FakeClock()).holds("a", [gone])).toBe(false);
  expect(outageOf({ attempts: 1 }).outage.holds("a", [gone])).toBe(false);
  expect(outageOf({ outageMs: 0 }).outage.holds("a", [gone])).toBe(false);
});
