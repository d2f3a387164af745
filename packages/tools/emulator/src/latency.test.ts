import { describe, expect, test } from "vitest";

import { Dice } from "./dice.ts";
import { ManualClock } from "./fixtures/manual-clock.ts";
import { post } from "./fixtures/post.ts";
import { startEmulator } from "./index.ts";
import { latencyMs, refusalMs, Slots } from "./latency.ts";
import type { Latency } from "./options.ts";

const sample = (latency: Latency, tokens: number): number[] =>
  Array.from({ length: 4000 }, (_, number) => latencyMs(latency, tokens, new Dice(1, number)));
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

test("no time by default", () => {
  expect(latencyMs({}, 5000, new Dice(1, 1))).toBe(0);
  expect(refusalMs({})).toBe(0);
});

test("a base, and a part for every thousand tokens", () => {
  expect(latencyMs({ baseMs: 20, perThousandTokensMs: 4 }, 2500, new Dice(1, 1))).toBe(30);
});

test("uniform jitter stays within its bounds, around the same mean", () => {
  const values = sample({ baseMs: 100, jitter: 0.2 }, 0);
  expect(Math.min(...values)).toBeGreaterThanOrEqual(80);
  expect(Math.max(...values)).toBeLessThanOrEqual(120);
  expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan(39);
  expect(Math.abs(mean(values) - 100)).toBeLessThan(1);
});

test("lognormal jitter has a tail, around the same mean", () => {
  const values = sample({ baseMs: 100, jitter: 0.5, distribution: "lognormal" }, 0);
  expect(Math.min(...values)).toBeGreaterThan(0);
  expect(Math.max(...values)).toBeGreaterThan(250);
  expect(Math.abs(mean(values) - 100)).toBeLessThan(3);
});

test("anything between two bounds", () => {
  const values = sample({ minMs: 200, maxMs: 1000 }, 99_999);
  expect(Math.min(...values)).toBeGreaterThanOrEqual(200);
  expect(Math.max(...values)).toBeLessThanOrEqual(1000);
  expect(Math.abs(mean(values) - 600)).toBeLessThan(12);
});

test("a base and a random factor stay within bounds", () => {
  // Work C of the benchmark: 110 ms, sigma 0.6, 20 to 400 ms.
  const values = sample({ baseMs: 110, jitter: 0.6, distribution: "lognormal", minMs: 60, maxMs: 200 }, 0);
  expect(Math.min(...values)).toBe(60);
  expect(Math.max(...values)).toBe(200);
  expect(values.filter((value) => value > 60 && value < 200).length).toBeGreaterThan(2000);
});

test("the same seed gives the same times, and another seed others", () => {
  const of = (seed: number): number => latencyMs({ baseMs: 100, jitter: 0.5 }, 0, new Dice(seed, 1));
  expect(of(1)).toBe(of(1));
  expect(of(1)).not.toBe(of(2));
});

describe("a server of one's own", () => {
  const take = (latency: Latency, ...calls: readonly [ms: number, now: number][]): number[] => {
    const slots = new Slots(latency);
    return calls.map(([ms, now]) => now + slots.take(ms, now).endsMs);
  };

  test("answers any number at once by default", () => {
    expect(take({}, [10, 0], [10, 0], [10, 5])).toEqual([10, 10, 15]);
  });

  test("with one slot does one piece of work after another, as many tokens a second whatever is in flight", () => {
    expect(take({ slots: 1 }, [10, 0], [20, 0], [30, 5], [5, 100])).toEqual([10, 30, 60, 105]);
  });

  test("with several slots gives a call the first one that is free", () => {
    expect(take({ slots: 2 }, [10, 0], [40, 0], [10, 1], [10, 2])).toEqual([10, 40, 20, 30]);
    const slots = new Slots({ slots: 1 });
    slots.take(10, 0);
    expect(slots.take(10, 4)).toEqual({ beginsMs: 6, endsMs: 16 });
  });

  test("that is overfull takes longer for what waits", () => {
    const latency = { slots: 2, overload: 0.5 };
    expect(take(latency, [10, 0], [10, 0], [10, 0], [10, 0])).toEqual([10, 10, 25, 30]);
    // Once it has caught up, it is as quick as before.
    expect(take(latency, [10, 0], [10, 0], [10, 0], [10, 25])).toEqual([10, 10, 25, 35]);
  });

  test("over the wire: four calls, one slot", async () => {
    const clock = new ManualClock();
    await using emulator = await startEmulator({ clock, latency: { perThousandTokensMs: 1000, slots: 1 } });
    const call = async (): Promise<number> => {
      await post(`${emulator.openaiBaseURL}/embeddings`, { model: "m", input: "one two three four", dimensions: 1 });
      return clock.now();
    };
    const calls = Array.from({ length: 4 }, call);
    await clock.timers(4);
    expect((await clock.run(Promise.all(calls))).toSorted((one, other) => one - other)).toEqual([4, 8, 12, 16]);
  });
});

test("a refusal takes half of the least time", () => {
  expect(refusalMs({ baseMs: 40, jitter: 1 })).toBe(20);
  expect(refusalMs({ minMs: 200, maxMs: 1000 })).toBe(100);
  expect(refusalMs({ baseMs: 110, minMs: 20, maxMs: 400 })).toBe(55);
});
