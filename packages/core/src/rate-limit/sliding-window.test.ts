import { expect, it } from "vitest";
import { SlidingWindow } from "./sliding-window.ts";

/** Window of which so much was taken at each of the times. */
function taken(limit: number, ...all: readonly (readonly [at: number, amount: number])[]): SlidingWindow {
  const window = new SlidingWindow(limit);
  for (const [at, amount] of all) window.take(amount, at);
  return window;
}

it("the limit passes at once, and not one more", () => {
  const window = taken(10, [0, 4]);
  expect(window.limit).toBe(10);
  expect([0, 6, 7].map((amount) => window.waitMs(amount, 0))).toEqual([0, 0, 60_000]);
});

it("what was taken comes back a minute later, to the millisecond", () => {
  const window = taken(10, [0, 4], [10_000, 6]);
  expect([0, 1, 4, 5, 10].map((amount) => window.waitMs(amount, 20_000))).toEqual([0, 40_000, 40_000, 50_000, 50_000]);
  expect(window.waitMs(4, 59_999)).toBe(1);
  expect(window.waitMs(4, 60_000)).toBe(0);
  expect(window.waitMs(5, 60_000)).toBe(10_000);
  expect(window.waitMs(4, 69_999)).toBe(0);
});

it("P27 more than the limit passes alone, when all is there", () => {
  const window = taken(10, [0, 1]);
  expect(window.waitMs(99, 0)).toBe(60_000);
  expect(window.waitMs(99, 60_000)).toBe(0);
  window.take(99, 60_000);
  expect(window.waitMs(1, 119_999)).toBe(1);
});

it("P29 a call that waited for a permit counts from its start", () => {
  const window = new SlidingWindow(15);
  const late = window.take(10, 0);
  late.begin(30_000);
  expect([5, 6].map((amount) => window.waitMs(amount, 30_000))).toEqual([0, 60_000]);
  expect(window.waitMs(6, 60_000)).toBe(30_000);
  late.begin(100_000);
  expect([5, 6].map((amount) => window.waitMs(amount, 100_000))).toEqual([0, 60_000]);
  expect(window.waitMs(15, 160_000)).toBe(0);
});

it("a call that begins as it was taken counts once", () => {
  const window = new SlidingWindow(10);
  window.take(5, 0).begin(0);
  expect(window.waitMs(5, 0)).toBe(0);
});

it("P28 what was not used is given back at once, what was used beyond it is taken", () => {
  const window = new SlidingWindow(10);
  const call = window.take(10, 0);
  call.correct(3, 100);
  expect([3, 4].map((amount) => window.waitMs(amount, 100))).toEqual([0, 59_900]);
  call.correct(-2, 200);
  expect([1, 2].map((amount) => window.waitMs(amount, 200))).toEqual([0, 59_800]);
  call.begin(30_000);
  expect([1, 2].map((amount) => window.waitMs(amount, 60_000))).toEqual([0, 30_000]);
});

it("P28 what was given back does not come back once more", () => {
  const window = new SlidingWindow(20);
  window.take(10, 0).correct(3, 100);
  window.take(10, 1000);
  expect([10, 11].map((amount) => window.waitMs(amount, 60_000))).toEqual([0, 1000]);
});

it("P28 what has come back already is not given back once more", () => {
  const window = new SlidingWindow(10);
  const call = window.take(10, 0);
  window.take(0, 1000);
  call.correct(10, 60_000);
  window.take(10, 60_000);
  expect(window.waitMs(1, 60_000)).toBe(60_000);
});

it("P21 what the provider says is gone comes back evenly over a minute", () => {
  const window = new SlidingWindow(60);
  window.exhaust(100_000);
  expect([1, 2, 60].map((amount) => window.waitMs(amount, 100_000))).toEqual([1000, 2000, 60_000]);
  expect([30, 31].map((amount) => window.waitMs(amount, 130_000))).toEqual([0, 1000]);
  expect(window.waitMs(60, 160_000)).toBe(0);
});

it("only what we have not taken ourselves comes back evenly", () => {
  const window = taken(60, [10_000, 5], [90_000, 30]);
  window.exhaust(100_000);
  expect([1, 30, 31].map((amount) => window.waitMs(amount, 100_000))).toEqual([2000, 50_000, 50_000]);
  const full = taken(60, [90_000, 60]);
  full.exhaust(100_000);
  expect([0, 1, 60].map((amount) => full.waitMs(amount, 100_000))).toEqual([0, 50_000, 50_000]);
  const overdrawn = taken(10, [0, 99]);
  overdrawn.exhaust(30_000);
  overdrawn.take(10, 60_000);
  expect(overdrawn.waitMs(1, 60_000)).toBe(60_000);
});

it.for([
  [[], 10, 0, 0],
  [[], 11, 0, 60_000],
  [[], 20, 0, 60_000],
  [[], 21, 0, 120_000],
  [[[0, 10]], 1, 20_000, 40_000],
  [[[0, 10]], 10, 20_000, 40_000],
  [[[0, 10]], 11, 20_000, 100_000],
  [[[0, 4]], 6, 0, 0],
  [[[0, 4]], 20, 0, 120_000],
  [[[0, 4]], 26, 0, 120_000],
  [
    [
      [0, 4],
      [30_000, 6],
    ],
    14,
    30_000,
    90_000,
  ],
  [[[0, 4]], 10, 60_000, 0],
  [[[0, 4]], 0, 20_000, 0],
] as const)("after %j, the shortest time for %d at %d is %d", ([before, amount, now, expected]) => {
  expect(taken(10, ...before).shortestMs(amount, now)).toBe(expected);
});

it("thousands of calls leave their window one after another", () => {
  const window = new SlidingWindow(2000);
  for (let call = 0; call < 6000; call++) {
    const now = call * 30;
    expect(window.waitMs(1, now)).toBe(0);
    window.take(1, now);
    const next = call < 1999 ? 0 : 30;
    expect(window.waitMs(1, now)).toBe(next);
  }
});
