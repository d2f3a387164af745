import { FakeClock } from "@batchwise/testkit";
import { expect, it } from "vitest";
import { InputError, TimeoutError } from "../../contract/errors.ts";
import type { Progress } from "../../contract/report.ts";
import type { BatchOptions } from "../../contract/runnable.ts";
import { costOf, Stats } from "./stats.ts";

const PRICE = { perMillionInputTokens: 2, perMillionOutputTokens: 10 };

/** Stats of a batch that begins at 1000, and the progress that it has told. */
async function begun(options: BatchOptions = {}): Promise<{
  readonly clock: FakeClock;
  readonly stats: Stats;
  readonly told: Progress[];
}> {
  const clock = new FakeClock();
  await clock.advance(1000);
  const told: Progress[] = [];
  const stats = new Stats({ onProgress: (progress) => told.push(progress), ...options }, clock);
  return { clock, stats, told };
}

it("a batch that has done nothing reports nothing", async () => {
  const { stats } = await begun();
  expect(stats.report("completed", 0, undefined)).toEqual({
    status: "completed",
    fulfilled: 0,
    rejected: 0,
    unfinished: 0,
    failures: {},
    requests: 0,
    retries: 0,
    usage: { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, totalTokens: 0, cost: 0 },
    waitedMs: 0,
    durationMs: 0,
    reason: undefined,
  });
});

it("the report counts outcomes, failures by code, calls and tries, and how long it all took", async () => {
  const { clock, stats } = await begun();
  for (let call = 0; call < 3; call++) stats.callBegins();
  for (let call = 0; call < 2; call++) stats.callEnds();
  stats.retried();
  stats.fulfilled();
  for (const error of [new InputError("no"), new Error("no"), new InputError("no")]) stats.rejected(error);
  await clock.advance(250);
  expect(stats.done).toBe(4);
  expect(stats.report("failed", 6, "why")).toMatchObject({
    status: "failed",
    fulfilled: 1,
    rejected: 3,
    unfinished: 2,
    failures: { invalid_input: 2, unknown: 1 },
    requests: 2,
    retries: 1,
    durationMs: 250,
    reason: "why",
  });
});

it("more outcomes than inputs that were taken leave nothing unfinished", async () => {
  const { stats } = await begun();
  stats.fulfilled();
  expect(stats.report("aborted", 0, undefined).unfinished).toBe(0);
});

it.for([
  ["input alone", { inputTokens: 1_000_000 }, [1_000_000, 0, 1_000_000, 2]],
  ["both", { inputTokens: 1_000_000, outputTokens: 500_000 }, [1_000_000, 500_000, 1_500_000, 7]],
  ["a total of its own", { inputTokens: 1_000_000, totalTokens: 9 }, [1_000_000, 0, 9, 2]],
  ["a total alone: all of it is input", { totalTokens: 1_000_000 }, [0, 0, 1_000_000, 2]],
  ["a total and output", { totalTokens: 1_500_000, outputTokens: 500_000 }, [0, 500_000, 1_500_000, 7]],
  ["a cost of its own", { inputTokens: 1_000_000, cost: 0 }, [1_000_000, 0, 1_000_000, 0]],
  ["nothing", {}, [0, 0, 0, 0]],
  ["what are no numbers", { inputTokens: Number.NaN, outputTokens: Infinity, cost: Number.NaN }, [0, 0, 0, 0]],
  ["a total that is no number", { inputTokens: 1_000_000, totalTokens: Number.NaN }, [1_000_000, 0, 0, 2]],
] as const)("P9 usage that gives %s adds up", async ([, usage, [inputTokens, outputTokens, totalTokens, cost]]) => {
  const { stats } = await begun();
  stats.used({ inputTokens: 1, outputTokens: 1, cost: 1 }, PRICE);
  stats.used(usage, PRICE);
  expect(stats.usage).toEqual({
    inputTokens: inputTokens + 1,
    cachedInputTokens: 0,
    outputTokens: outputTokens + 1,
    totalTokens: totalTokens + 2,
    cost: cost + 1,
  });
});

it("usage that was handed out does not change", async () => {
  const { stats, told } = await begun();
  const { usage } = stats.report("completed", 0, undefined);
  stats.progress(1, true);
  stats.used({ inputTokens: 5 }, undefined);
  expect([usage.inputTokens, told[0]?.usage.inputTokens, stats.usage.inputTokens]).toEqual([0, 0, 5]);
});

it("time at the limits adds up over all that wait", async () => {
  const { clock, stats, told } = await begun({ progressIntervalMs: 0 });
  const [first, second] = [stats.waiting(), stats.waiting()];
  await clock.advance(100);
  first();
  stats.progress(1, false);
  await clock.advance(50);
  second();
  stats.progress(1, false);
  expect(told.map(({ waitingForLimits }) => waitingForLimits)).toEqual([true, false]);
  expect(stats.report("completed", 0, undefined).waitedMs).toBe(250);
});

it("progress is told at the first outcome, then once an interval, and at the end", async () => {
  const { clock, stats, told } = await begun({ progressIntervalMs: 40 });
  const at: number[] = [];
  for (const ms of [0, 0, 39, 1, 10]) {
    await clock.advance(ms);
    stats.progress(9, false);
    if (told.length > at.length) at.push(clock.now());
  }
  expect(at).toEqual([1000, 1040]);
  stats.progress(9, true);
  expect(told).toHaveLength(3);
});

it("the usual interval is a tenth of a second", async () => {
  const { clock, stats, told } = await begun();
  stats.progress(9, false);
  await clock.advance(99);
  stats.progress(9, false);
  expect(told).toHaveLength(1);
  await clock.advance(1);
  stats.progress(9, false);
  expect(told).toHaveLength(2);
});

it("progress says how far it is, and how long the rest takes at this pace", async () => {
  const { clock, stats, told } = await begun();
  for (let call = 0; call < 3; call++) stats.callBegins();
  stats.callEnds();
  stats.retried();
  await clock.advance(500);
  stats.fulfilled();
  stats.rejected(new TimeoutError("no"));
  stats.progress(10, false);
  expect(told[0]).toMatchObject({ done: 2, failed: 1, total: 10, requests: 1, retries: 1, inFlight: 2 });
  expect(told[0]).toMatchObject({ itemsPerSecond: 4, elapsedMs: 500, remainingMs: 2000, waitingForLimits: false });
});

it("how long the rest takes is not known without a total, or without a pace", async () => {
  const { clock, stats, told } = await begun({ progressIntervalMs: 0 });
  stats.progress(10, false);
  expect(told[0]).toMatchObject({ itemsPerSecond: 0, remainingMs: undefined });
  stats.fulfilled();
  stats.progress(10, false);
  expect(told[1]).toMatchObject({ itemsPerSecond: 0, remainingMs: undefined });
  await clock.advance(500);
  stats.progress(undefined, false);
  expect(told[2]).toMatchObject({ itemsPerSecond: 2, remainingMs: undefined });
});

it("what onProgress throws is the caller's to handle", async () => {
  const broken = new Error("broken");
  const onProgress = (): never => {
    throw broken;
  };
  const { stats } = await begun({ onProgress });
  expect(() => stats.progress(1, false)).toThrow(broken);
  expect(() => new Stats({}, new FakeClock()).progress(1, true)).not.toThrow();
});

it("costs are for a million tokens; without a price there are none", () => {
  const usage = { inputTokens: 500_000, outputTokens: 100_000 };
  expect(costOf(usage, PRICE)).toBe(2);
  expect(costOf(usage, { perMillionInputTokens: 2 })).toBe(1);
  expect(costOf(usage, undefined)).toBe(0);
});

it("a total alone is taken for input, and what the provider says it cost goes before any price", () => {
  expect(costOf({ totalTokens: 500_000, outputTokens: 100_000 }, { perMillionInputTokens: 1 })).toBe(0.4);
  expect(costOf({ totalTokens: 500_000, cost: 3 }, PRICE)).toBe(3);
});

// https://platform.claude.com/docs/en/build-with-claude/prompt-caching: a write costs 1.25 times, a read a tenth.
it("input that is read from a cache or written to it has prices of its own, where it has them", () => {
  const usage = { inputTokens: 1_000_000, cachedInputTokens: 600_000, cacheWriteTokens: 200_000 };
  const price = { perMillionInputTokens: 10, perMillionCachedInputTokens: 1, perMillionCacheWriteTokens: 12.5 };
  expect(costOf(usage, price)).toBeCloseTo(2 + 0.6 + 2.5, 9);
  expect(costOf(usage, { perMillionInputTokens: 10 })).toBe(10);
  // More than there was is not believed.
  expect(costOf({ inputTokens: 1, cachedInputTokens: 5, cacheWriteTokens: 5 }, price)).toBeCloseTo(1e-6, 12);
});
