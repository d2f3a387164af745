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
  now: number = 0,
): number {
  const minute = Object.entries(perMs ?? {}).map(([kind, rate]) => [kind, rate * 60_000] as const);
  const perMinute = perMs && Object.fromEntries(minute);
  const limits = { perMinute, isReported: perMinute !== undefined && isReported };
  let begun = 0;
  while (begun < MOST && limit.hasRoom(own, limits, 1, now)) {
    limit.begins(now);
    begun++;
  }
  return begun;
}

/** Lets one of the calls that began at `begunAt` get through. */
function pass(limit: InFlightLimit, begunAt: number = 0, latencyMs: number = 100, used: Demand = SMALL): void {
  limit.ended(begunAt, latencyMs, used, true);
}

/** Lets one of the calls that began at `begunAt` fail. */
function fail(limit: InFlightLimit, begunAt: number = 0): void {
  limit.ended(begunAt, 1, SMALL, false);
}

/** Limit whose first call has answered, with enough successes for what is reported to be trusted. */
function answered(start: number, latencyMs: number = 100, used: Demand = SMALL): InFlightLimit {
  const limit = new InFlightLimit(start);
  for (let call = 0; call < 10 * MOST; call++) {
    limit.begins(0);
    pass(limit, 0, latencyMs, used);
  }
  return limit;
}

it("without a start nothing is limited, from the first call on", () => {
  const limit = new InFlightLimit(Infinity);
  expect(limit.isProbing).toBe(false);
  expect(fill(limit)).toBe(MOST);
});

it.for([
  ["got through", pass],
  ["reported a limit", (limit: InFlightLimit) => limit.answered(false)],
] as const)("the first call goes alone until one has %s", ([, end]) => {
  const limit = new InFlightLimit(5);
  expect(limit.isProbing).toBe(true);
  expect(fill(limit, 50, { requests: 1 })).toBe(1);
  fail(limit);
  expect(limit.isProbing).toBe(true);
  expect(fill(limit)).toBe(1);
  end(limit);
  if (limit.count > 0) fail(limit);
  expect(limit.isProbing).toBe(false);
  expect(fill(limit)).toBe(5);
});

it("a caller's own cap holds instead of the start, above it and below", () => {
  expect(fill(answered(5), 2)).toBe(2);
  expect(fill(answered(5), 9)).toBe(9);
});

it("a refusal halves the calls in flight, and each round without one adds about a call", () => {
  const limit = new InFlightLimit(Infinity);
  for (let call = 0; call < 10; call++) limit.begins(0);
  fail(limit);
  limit.refused(0, 1000);
  for (let call = 0; call < 9; call++) fail(limit);
  for (const expected of [5, 5, 6, 7]) {
    expect(fill(limit, undefined, undefined, false, 2000)).toBe(expected);
    for (let call = 0; call < expected; call++) pass(limit, 2000);
  }
});

it("of the calls that were in flight together, the first refusal speaks for all", () => {
  const limit = new InFlightLimit(Infinity);
  for (let call = 0; call < 7; call++) limit.begins(0);
  fail(limit);
  limit.refused(0, 1000);
  for (const startedAt of [0, 999, 1000]) {
    fail(limit);
    limit.refused(startedAt, 1100);
  }
  for (let call = 0; call < 3; call++) fail(limit);
  expect(fill(limit)).toBe(3);
  fail(limit);
  limit.refused(1001, 1200);
  for (let call = 0; call < 2; call++) fail(limit);
  expect(fill(limit)).toBe(1);
});

it("refusals leave one call", () => {
  const limit = answered(5);
  for (let time = 1; time < 9; time++) limit.refused(time, time);
  expect(fill(limit)).toBe(1);
});

it("what is known after refusals may say that there are more", () => {
  const limit = answered(5);
  limit.refused(1, 1);
  expect(fill(limit)).toBe(1);
  expect(limit.hasRoom(undefined, { perMinute: undefined, isReported: false }, 1, 0)).toBe(false);
  expect(limit.hasRoom(undefined, { perMinute: undefined, isReported: false }, 2, 0)).toBe(true);
});

it("Little's law: twice as many calls as reported limits let pass in the time that one takes", () => {
  expect(fill(answered(1, 100), undefined, { requests: 0.1 })).toBe(20);
  expect(fill(answered(1, 100), undefined, { requests: 0.101 })).toBe(21);
  expect(fill(answered(1, 50), undefined, { requests: 0.1 })).toBe(10);
});

it("limits that are only configured are reached, too, and a refusal halves the calls in flight", () => {
  const limit = answered(5, 100);
  expect(fill(limit, undefined, { requests: 0.1 }, false)).toBe(20);
  fail(limit);
  limit.refused(1, 1000);
  for (let call = 0; call < 19; call++) fail(limit);
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
  const limit = new InFlightLimit(1);
  for (const times of [1, 3]) {
    limit.begins(0);
    pass(limit, 0, 100 * times, { requests: 1, inputs: 2 * times, tokens: 100 * times });
  }
  expect(fill(limit, undefined, perMs, false)).toBe(expected);
});

it("the means are over the last calls: one odd call among many does not count for much", () => {
  const limit = answered(1, 100);
  for (let call = 0; call < 98; call++) {
    limit.begins(0);
    pass(limit);
  }
  limit.begins(0);
  pass(limit, 0, 100 + 32 * 50);
  expect(fill(limit, undefined, { requests: 0.1 })).toBe(30);
});

it("P55 a call that failed says nothing of the time that calls take", () => {
  const limit = answered(1, 100);
  for (let call = 0; call < 50; call++) {
    limit.begins(0);
    fail(limit);
  }
  expect(fill(limit, undefined, { requests: 0.1 })).toBe(20);
});

it("limits of what calls use nothing of leave room, where calls take no time", () => {
  const used = { requests: 1, inputs: 1, tokens: 0 };
  expect(fill(answered(5, 0, used), undefined, { tokens: 10 })).toBeGreaterThan(0);
});

/** Limit whose first call has told a limit that is sure to be a minute's. */
function sureOfAMinute(): InFlightLimit {
  const limit = new InFlightLimit(5);
  fill(limit);
  limit.answered(true);
  pass(limit);
  return limit;
}

/** Rounds of calls, each of which get through before the next: how many are in flight. */
function rounds(limit: InFlightLimit, count: number, from: number = 0): number[] {
  return Array.from({ length: count }, (_, round) => {
    const now = from + 100 * round;
    const begun = fill(limit, undefined, { requests: 1 }, true, now);
    for (let call = 0; call < begun; call++) pass(limit, now);
    return begun;
  });
}

it("P46 reported limits are trusted step by step: from the start on, and from one after a refusal", () => {
  const limit = new InFlightLimit(5);
  expect(rounds(limit, 8)).toEqual([1, 5, 5, 5, 8, 11, 16, 23]);
  limit.refused(800, 1000);
  expect(rounds(limit, 4, 1100)).toEqual([1, 1, 1, 2]);
});

it("P55 reported limits that are sure to be a minute's, as OpenAI's, are trusted quickly until a refusal", () => {
  const limit = sureOfAMinute();
  expect(rounds(limit, 3, 100)).toEqual([5, 19, 76]);
  limit.refused(400, 400);
  limit.answered(true);
  expect(rounds(limit, 4, 500)).toEqual([1, 1, 1, 2]);
});

it("P55 a call that is under way for a second was not refused, so that slow answers hold nothing up", () => {
  const limit = sureOfAMinute();
  expect(fill(limit, undefined, { requests: 1 }, true, 1000)).toBe(5);
  expect([limit.nextAt(1000), limit.nextAt(1999)]).toEqual([2000, 2000]);
  expect(fill(limit, undefined, { requests: 1 }, true, 1999)).toBe(0);
  expect(fill(limit, undefined, { requests: 1 }, true, 2000)).toBe(14);
});

it("P42 calls that hang are taken to need no room, except of a cap", () => {
  const limit = answered(5);
  limit.refused(0, 1000);
  limit.begins(1000);
  const roomAt = (now: number, own?: number): boolean =>
    limit.hasRoom(own, { perMinute: undefined, isReported: false }, 1, now);
  expect([limit.nextAt(2000), roomAt(30_999), roomAt(31_000), roomAt(31_000, 1)]).toEqual([31_000, false, true, false]);
  limit.begins(31_000);
  expect([limit.count, limit.busy(31_000), roomAt(31_000), limit.nextAt(32_000)]).toEqual([2, 1, false, 61_000]);
  fail(limit, 1000);
  fail(limit, 31_000);
  expect([limit.count, limit.busy(31_000), limit.nextAt(31_000)]).toEqual([0, 0, Infinity]);
});

it("P42 where answers take long, a call hangs after four times as long", () => {
  const limit = answered(5, 60_000);
  limit.begins(0);
  expect(limit.nextAt(1000)).toBe(240_000);
});
