import { expect, it } from "vitest";
import type { Demand } from "../contract/rate-limiter.ts";
import { InFlightLimit } from "./in-flight-limit.ts";

const MOST = 99;
const SMALL: Demand = { requests: 1, inputs: 1, tokens: 100 };

/** Begins calls while there is room, and counts those that are in flight then. */
function fill(
  limit: InFlightLimit,
  own?: number,
  perMs?: Readonly<Record<string, number>>,
  isReported: boolean = true,
): number {
  const minute = Object.entries(perMs ?? {}).map(([kind, rate]) => [kind, rate * 60_000] as const);
  const perMinute = perMs && Object.fromEntries(minute);
  let begun = 0;
  while (begun < MOST && limit.hasRoom(own, perMinute, perMinute !== undefined && isReported, { now: () => 0 })) {
    limit.begins(0);
    begun++;
  }
  return begun;
}

/** Limit whose first call has answered, with enough successes for what is reported to be trusted. */
function answered(start: number, latencyMs: number = 100, used: Demand = SMALL): InFlightLimit {
  const limit = new InFlightLimit(start);
  limit.begins(0);
  limit.ended(0, latencyMs, used, true);
  for (let call = 0; call < 10 * MOST; call++) limit.succeeded();
  return limit;
}

it("without a start nothing is limited, from the first call on", () => {
  const limit = new InFlightLimit(Infinity);
  expect(limit.isProbing).toBe(false);
  expect(fill(limit)).toBe(MOST);
});

it.for(["succeeded", "answered"] as const)("the first call goes alone until one has %s", (end) => {
  const limit = new InFlightLimit(5);
  expect(limit.isProbing).toBe(true);
  expect(fill(limit, 50, { requests: 1 })).toBe(1);
  limit.ended(0, 100, SMALL, true);
  expect(limit.isProbing).toBe(true);
  expect(fill(limit)).toBe(1);
  limit.ended(0, 100, SMALL, true);
  limit[end]();
  expect(limit.isProbing).toBe(false);
  expect(fill(limit)).toBe(5);
});

it("a caller's own cap holds instead of the start, above it and below", () => {
  expect(fill(answered(5), 2)).toBe(2);
  expect(fill(answered(5), 9)).toBe(9);
});

it("a refusal halves the calls in flight, and each round without one adds a call", () => {
  const limit = answered(Infinity);
  for (let call = 0; call < 10; call++) limit.begins(0);
  limit.ended(0, 100, SMALL, true);
  limit.refused(0, 1000);
  for (let call = 0; call < 9; call++) limit.ended(0, 100, SMALL, true);
  expect(fill(limit)).toBe(5);
  for (const expected of [6, 7, 8]) {
    for (let call = 0; call < expected; call++) limit.succeeded();
    expect(fill(limit)).toBe(1);
    expect(limit.hasRoom(undefined, undefined, false, { now: () => 0 })).toBe(false);
  }
});

it("of the calls that were in flight together, the first refusal speaks for all", () => {
  const limit = answered(Infinity);
  for (let call = 0; call < 7; call++) limit.begins(0);
  limit.ended(0, 100, SMALL, true);
  limit.refused(0, 1000);
  for (const startedAt of [0, 999, 1000]) {
    limit.ended(0, 100, SMALL, true);
    limit.refused(startedAt, 1100);
  }
  for (let call = 0; call < 3; call++) limit.ended(0, 100, SMALL, true);
  expect(fill(limit)).toBe(3);
  limit.ended(0, 100, SMALL, true);
  limit.refused(1001, 1200);
  expect(limit.hasRoom(undefined, undefined, false, { now: () => 0 })).toBe(false);
  for (let call = 0; call < 2; call++) limit.ended(0, 100, SMALL, true);
  expect(fill(limit)).toBe(1);
});

it("refusals leave one call", () => {
  const limit = answered(5);
  for (let time = 1; time < 9; time++) limit.refused(time, time);
  expect(fill(limit)).toBe(1);
});

it("Little's law: twice as many calls as reported limits let pass in the time that one takes", () => {
  expect(fill(answered(1, 100), undefined, { requests: 0.1 })).toBe(20);
  expect(fill(answered(1, 100), undefined, { requests: 0.101 })).toBe(21);
  expect(fill(answered(1, 50), undefined, { requests: 0.1 })).toBe(10);
});

it("limits that are only configured are reached, too, and a refusal halves the calls in flight", () => {
  const limit = answered(5, 100);
  expect(fill(limit, undefined, { requests: 0.1 }, false)).toBe(20);
  limit.ended(0, 100, SMALL, true);
  limit.refused(1, 1000);
  for (let call = 0; call < 19; call++) limit.ended(0, 100, SMALL, true);
  expect(fill(limit, undefined, { requests: 0.1 }, false)).toBe(10);
});

it("the scarcest of the reported limits counts, by the size of the calls so far", () => {
  const used = { requests: 1, inputs: 4, tokens: 1000 };
  expect(fill(answered(1, 100, used), undefined, { requests: 0.1, tokens: 50 })).toBe(10);
  expect(fill(answered(1, 100, used), undefined, { requests: 0.1, inputs: 0.2 })).toBe(10);
  expect(fill(answered(1, 100, used), undefined, { requests: 0.1, tokens: 5000 })).toBe(20);
});

it("a limit of what calls use nothing of limits nothing", () => {
  const used = { requests: 1, inputs: 0, tokens: 0 };
  expect(fill(answered(1, 100, used), undefined, { requests: 0.1, tokens: 1e-9, inputs: 1e-9 })).toBe(20);
});

it("a limit of a longer time than a minute says nothing of the calls in flight", () => {
  expect(fill(answered(1, 100), undefined, { requests: 0, tokens: 10 })).toBe(20);
});

it("reported limits never hold calls below the start, nor below a caller's own cap", () => {
  const perMs = { requests: 0.001 };
  expect(fill(answered(5), undefined, perMs)).toBe(5);
  expect(fill(answered(5), 7, perMs)).toBe(7);
  expect(fill(answered(5), 3, perMs)).toBe(5);
});

it.for([
  ["requests", { requests: 0.1 }, 40],
  ["inputs", { inputs: 0.2 }, 20],
  ["tokens", { tokens: 15 }, 30],
] as const)("latency and size are means: of what two calls have taken, for %s", ([, perMs, expected]) => {
  const limit = answered(1, 100, { requests: 1, inputs: 2, tokens: 100 });
  limit.begins(0);
  limit.ended(0, 300, { requests: 1, inputs: 6, tokens: 300 }, true);
  expect(fill(limit, undefined, perMs)).toBe(expected);
});

it("the means are over the last calls: one odd call among many does not count for much", () => {
  const limit = answered(1, 100);
  for (let call = 0; call < 98; call++) {
    limit.begins(0);
    limit.ended(0, 100, SMALL, true);
  }
  limit.begins(0);
  limit.ended(0, 100 + 32 * 50, SMALL, true);
  expect(fill(limit, undefined, { requests: 0.1 })).toBe(30);
});

it("P55 a call that failed says nothing of the time that calls take", () => {
  const limit = answered(1, 100);
  for (let call = 0; call < 50; call++) {
    limit.begins(0);
    limit.ended(0, 1, SMALL, false);
  }
  expect(fill(limit, undefined, { requests: 0.1 })).toBe(20);
});

it("limits of what calls use nothing of leave room, where calls take no time", () => {
  const used = { requests: 1, inputs: 1, tokens: 0 };
  expect(fill(answered(5, 0, used), undefined, { tokens: 10 })).toBeGreaterThan(0);
});

it("P46 reported limits are trusted step by step: half as many calls more with each round, and one after a refusal", () => {
  const limit = new InFlightLimit(5);
  const rounds = (count: number): number[] =>
    Array.from({ length: count }, () => {
      const begun = fill(limit, undefined, { requests: 1 });
      for (let call = 0; call < begun; call++) limit.ended(0, 100, SMALL, true);
      for (let call = 0; call < begun; call++) limit.succeeded();
      return begun;
    });
  expect(rounds(7)).toEqual([1, 1, 2, 3, 4, 6, 9]);
  limit.refused(0, 1000);
  expect(rounds(3)).toEqual([1, 1, 2]);
});

it("P46 where answers are slow, more at once", () => {
  const limit = new InFlightLimit(5);
  fill(limit);
  limit.ended(0, 20_000, SMALL, true);
  limit.succeeded();
  expect(fill(limit, undefined, { requests: 1 })).toBe(11);
});

it("P42 calls that hang are taken to need no room, except of a cap", () => {
  const limit = answered(5);
  limit.refused(0, 1000);
  limit.begins(1000);
  const roomAt = (now: number, own?: number): boolean => limit.hasRoom(own, undefined, false, { now: () => now });
  expect([limit.nextHangsAt(1000), roomAt(30_999), roomAt(31_000), roomAt(31_000, 1)]).toEqual([
    31_000,
    false,
    true,
    false,
  ]);
  limit.begins(31_000);
  expect([limit.count, limit.busy(31_000), roomAt(31_000), limit.nextHangsAt(31_000)]).toEqual([2, 1, false, 61_000]);
  limit.ended(1000, 30_000, SMALL, false);
  limit.ended(31_000, 1, SMALL, false);
  expect([limit.count, limit.busy(31_000), limit.nextHangsAt(31_000)]).toEqual([0, 0, undefined]);
});

it("P42 where answers take long, a call hangs after four times as long", () => {
  const limit = answered(5, 60_000);
  limit.begins(0);
  expect(limit.nextHangsAt(0)).toBe(240_000);
});
