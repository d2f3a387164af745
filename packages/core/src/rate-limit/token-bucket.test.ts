import { expect, it } from "vitest";
import { TokenBucket } from "./token-bucket.ts";

/** Bucket of 60 a minute, one a second, at time 0. */
const bucket = (level: number): TokenBucket => new TokenBucket(60, level, 0);
const waits = (of: TokenBucket, now: number, ...amounts: readonly number[]): number[] =>
  amounts.map((amount) => of.waitMs(amount, now));

it("what is in it passes at once; the rest comes evenly", () => {
  const each = bucket(10);
  expect(each.limit).toBe(60);
  expect(waits(each, 0, 0, 10, 11, 60)).toEqual([0, 0, 1000, 50_000]);
  expect(waits(each, 500, 10, 11)).toEqual([0, 500]);
  each.take(10, 1000);
  expect(waits(each, 1000, 1, 2)).toEqual([0, 1000]);
});

it("no more is held than a minute's worth", () => {
  const each = bucket(50);
  each.take(60, 600_000);
  expect(waits(each, 600_000, 1)).toEqual([1000]);
});

it("P27 more than the limit passes alone, when it is full, and leaves a debt", () => {
  const each = bucket(59);
  expect(waits(each, 0, 120)).toEqual([1000]);
  expect(waits(each, 1000, 120)).toEqual([0]);
  each.take(120, 1000);
  expect(waits(each, 1000, 1)).toEqual([61_000]);
});

it("a rest of rounding arms no timer, and a timer has a length", () => {
  expect(waits(bucket(10 - 5e-8), 0, 10)).toEqual([0]);
  expect(waits(bucket(10 - 7e-8), 0, 10)).toEqual([1e-3]);
});

it("P28 gives back what was not used, up to the limit, and takes what was used beyond it", () => {
  const each = bucket(60);
  const call = each.take(30, 0);
  call.correct(5, 0);
  expect(waits(each, 0, 35, 36)).toEqual([0, 1000]);
  call.correct(-10, 1000);
  expect(waits(each, 1000, 26, 27)).toEqual([0, 1000]);
  call.correct(99, 1000);
  each.take(60, 1000);
  expect(waits(each, 1000, 1)).toEqual([1000]);
  const full = bucket(60);
  full.take(0, 0).correct(-10, 10_000);
  expect(waits(full, 10_000, 50, 51)).toEqual([0, 1000]);
});

it("a call that waited for a permit has taken its amount already", () => {
  const each = bucket(60);
  each.take(30, 0).begin(10_000);
  expect(waits(each, 10_000, 40, 41)).toEqual([0, 1000]);
});

it("the shortest time is the time in which so much comes in all", () => {
  expect([0, 9, 11, 60, 130].map((amount) => bucket(10).shortestMs(amount, 0))).toEqual([0, 0, 1000, 50_000, 120_000]);
  expect(bucket(10).shortestMs(11, 400)).toBeCloseTo(600);
});

it("what is in it to the last token passes in no time", () => {
  expect(bucket(10).shortestMs(10, 0)).toBe(0);
});

it("P21 a refusal leaves nothing, and no debt is forgiven", () => {
  const full = bucket(60);
  full.exhaust(5000);
  expect(waits(full, 5000, 1)).toEqual([1000]);
  const indebted = bucket(-10);
  indebted.exhaust(5000);
  expect(waits(indebted, 5000, 1)).toEqual([6000]);
});

it.for([
  ["its own count, where it lies between the least and the most", 20, 10, 25, 20],
  ["the least that there can be", 5, 10, 25, 10],
  ["the most that there can be, with what came since the call began", 60, 10, 25, 30],
  ["no more than the limit", 60, 10, 60, 60],
] as const)("learns to hold %s", ([, level, least, remaining, expected]) => {
  const each = new TokenBucket(60, level, 10_000);
  each.learn(least, remaining, 5000, 10_000);
  expect(waits(each, 10_000, expected)).toEqual([0]);
  each.take(expected, 10_000);
  expect(waits(each, 10_000, 1)).toEqual([1000]);
});

it("learns at its own time: what has come since it was last looked at counts", () => {
  const each = bucket(20);
  each.learn(0, 25, 10_000, 10_000);
  expect(waits(each, 10_000, 25, 26)).toEqual([0, 1000]);
});

it("is whole when the provider says so, where that is sooner, and goes on at its own pace then", () => {
  const each = bucket(0);
  each.wholeIn(30, 10_000, 0);
  expect(waits(each, 0, 3, 30, 31, 45)).toEqual([1000, 10_000, 11_000, 25_000]);
  expect(waits(each, 5000, 15, 16, 30)).toEqual([0, expect.closeTo(333.3, 1), 5000]);
  expect(waits(each, 15_000, 35, 36)).toEqual([0, 1000]);
});

it.for([
  ["none", undefined],
  ["0", 0],
  ["not a number", Number.NaN],
  ["later than the limit's own", 70_000],
  ["so near to the limit's own that seconds may have been rounded", 47_001],
] as const)("a time until it is whole that is %s hastens nothing", ([, resetMs]) => {
  const each = bucket(0);
  each.wholeIn(60, resetMs, 0);
  expect(waits(each, 0, 60)).toEqual([60_000]);
});

it("a time until it is whole that is clearly shorter hastens it", () => {
  const each = bucket(0);
  each.wholeIn(60, 47_000, 0);
  expect(waits(each, 0, 60)).toEqual([47_000]);
});

/** Bucket of 6,000 a minute, nothing in it, of which so much has come in the two seconds before 10,000. */
function shared(came: number, remaining: number = 50): TokenBucket {
  const each = new TokenBucket(6000, 0, 10_000);
  each.gained(remaining, 1000, 8000, 0);
  each.gained(remaining, 1000 + came, 10_000, 0);
  return each;
}

it.for([
  ["all of it", 200, 1000],
  ["nearly all of it", 171, 1000],
  ["half", 100, 2000],
  ["next to nothing, which may change", 1, 5000],
] as const)(
  "P55 fills as fast as it is seen to, where another user of the limit takes a part: %s comes",
  ([, came, ms]) => {
    expect(waits(shared(came), 10_000, 100)).toEqual([expect.closeTo(ms, 6)]);
  },
);

it("P55 where much is left it is not measured what comes", () => {
  expect(waits(shared(0, 5000), 10_000, 100)).toEqual([1000]);
});

it("P55 what comes is measured over two seconds at least, and anew after them", () => {
  const each = shared(100);
  each.gained(50, 1300, 11_900, 0);
  expect(waits(each, 10_000, 100)).toEqual([2000]);
  each.gained(50, 1300, 12_000, 0);
  expect(waits(each, 10_000, 100)).toEqual([1000]);
});

/** Bucket of 6,000 a minute in whose two seconds before 10,000 failed calls had reserved 100, and all that came is `came`. */
function failing(came: number): TokenBucket {
  const each = new TokenBucket(6000, 0, 10_000);
  each.gained(0, 1000, 8000, 0);
  each.failed(100, 10_000);
  each.gained(0, 1000 + came, 10_000, 40);
  return each;
}

it("P28 what failed calls had reserved comes back once the provider has shown that it counts no such calls", () => {
  const each = failing(200 + 100);
  expect(waits(each, 10_000, 40, 100)).toEqual([0, expect.closeTo(600, 6)]);
  each.failed(60, 10_000);
  expect(waits(each, 10_000, 100)).toEqual([0]);
});

it("P28 what failed calls had reserved stays taken where the provider counts it, or where others take what comes", () => {
  for (const came of [200, 249, 100]) {
    const each = failing(came);
    each.failed(60, 10_000);
    expect(each.waitMs(40, 10_000)).toBeGreaterThan(0);
  }
});

it("P28 a provider that counts failed calls from now on is believed", () => {
  const each = failing(300);
  each.failed(100, 12_000);
  each.gained(0, 1500, 12_000, 0);
  const before = each.waitMs(1000, 12_000);
  each.failed(100, 12_000);
  expect(each.waitMs(1000, 12_000)).toBe(before);
});
