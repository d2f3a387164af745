import { expect, it } from "vitest";
import { Pace } from "./pace.ts";

/** Lets `count` calls pass, evenly between two times; each takes no time. */
function pass(pace: Pace, count: number, from: number, until: number): void {
  for (let call = 0; call < count; call++) {
    const now = from + (call * (until - from)) / count;
    passOne(pace, now, now);
  }
}

function passOne(pace: Pace, startedAt: number, now: number): void {
  pace.passed(pace.sent(startedAt), startedAt, now);
}

function refuseOne(pace: Pace, startedAt: number, now: number): void {
  pace.refused(pace.sent(startedAt), startedAt, now);
}

/** Refuses a call, and at once the one that asks. */
function refuse(pace: Pace, startedAt: number, now: number): void {
  refuseOne(pace, startedAt, now);
  refuseOne(pace, now, now);
}

/** Pace after 60 calls in a minute, refusals at its end, and one that has passed a second later. */
function refusedOnce(): Pace {
  const pace = new Pace();
  pass(pace, 60, 0, 60_000);
  refuse(pace, 59_990, 60_000);
  passOne(pace, 61_000, 61_000);
  return pace;
}

/** Milliseconds between two calls, once those that were saved up are sent. */
function gap(pace: Pace, now: number): number {
  for (let saved = 0; saved < 1000 && pace.waitMs(now) === 0; saved++) pace.sent(now);
  const before = pace.waitMs(now);
  pace.sent(now);
  return Math.round(pace.waitMs(now) - before);
}

it("there is none before a refusal", () => {
  const pace = new Pace();
  pass(pace, 1000, 0, 10);
  expect([pace.isAsking, pace.waitMs(10)]).toEqual([false, 0]);
});

it("P43 after a refusal one call asks, and the first that passes ends that", () => {
  const pace = new Pace();
  refuseOne(pace, 0, 100);
  expect([pace.isAsking, pace.waitMs(100)]).toEqual([true, 0]);
  passOne(pace, 99, 150);
  expect(pace.isAsking).toBe(true);
  passOne(pace, 600, 700);
  expect(pace.isAsking).toBe(false);
});

it("P46 one refusal among many calls, after which the next one passes, changes nothing", () => {
  const pace = new Pace();
  pass(pace, 60, 0, 60_000);
  refuseOne(pace, 59_990, 60_000);
  passOne(pace, 60_500, 60_600);
  expect([pace.isAsking, pace.waitMs(60_600)]).toEqual([false, 0]);
  // Where every fifth is refused, there is a limit.
  for (let at = 61_000; at < 66_000; at += 1000) {
    pass(pace, 4, at, at + 400);
    refuseOne(pace, at + 450, at + 500);
    passOne(pace, at + 600, at + 600);
  }
  expect(gap(pace, 66_000)).toBeGreaterThan(100);
});

it("P46 then the pace is nine tenths of what got through in the last minute, evenly spaced", () => {
  expect(gap(refusedOnce(), 61_000)).toBe(Math.round(1000 / 0.9));
});

it("P46 what got through in the minute before is forgotten", () => {
  const pace = new Pace();
  pass(pace, 6000, 0, 60_000);
  pass(pace, 60, 60_000, 120_000);
  refuse(pace, 119_990, 120_001);
  passOne(pace, 121_000, 121_000);
  expect(gap(pace, 121_000)).toBeGreaterThan(1000);
});

it("P44 with nothing before, the pace is one call in the time that was waited", () => {
  const pace = new Pace();
  refuse(pace, 0, 0);
  passOne(pace, 4000, 4010);
  expect(gap(pace, 4010)).toBe(Math.round(4000 / 0.9));
});

it("P46 what was not sent for a second may be sent at once, and no more", () => {
  const pace = refusedOnce();
  pass(pace, 100, 61_000, 61_000);
  const busy = pace.waitMs(61_000);
  expect(busy).toBeGreaterThan(100_000);
  const rested = refusedOnce();
  let atOnce = 0;
  for (; rested.waitMs(600_000) === 0; atOnce++) rested.sent(600_000);
  expect(atOnce).toBe(1);
});

it("refusals of calls that were in flight together are one", () => {
  const [once, thrice] = [refusedOnce(), refusedOnce()];
  for (const pace of [once, thrice]) refuse(pace, 70_000, 70_100);
  for (const startedAt of [69_000, 70_000, 70_099]) refuseOne(thrice, startedAt, 70_200);
  for (const pace of [once, thrice]) passOne(pace, 75_000, 75_000);
  refuseOne(thrice, 70_050, 75_100);
  expect(thrice.isAsking).toBe(false);
  expect(gap(thrice, 75_100)).toBe(gap(once, 75_100));
});

it("P46 without a refusal it grows, ever faster, until one tells where it ends", () => {
  const pace = refusedOnce();
  const gaps = [66_000, 71_000, 76_000].map((now) => {
    passOne(pace, now, now);
    return gap(pace, now);
  });
  expect(gaps[0]).toBe(Math.round(1000 / 0.9 / 1.1));
  expect(gaps).toEqual(gaps.toSorted((left, right) => right - left));
  const ratios = [1000 / 0.9, ...gaps].map((each) => 1000 / each);
  const steps = ratios.slice(1).map((each, index) => each - (ratios[index] as number));
  expect(steps.map((step) => step / (steps[0] as number))).toEqual([1, expect.closeTo(2, 1), expect.closeTo(4, 1)]);
});

it("before five seconds are over it does not grow", () => {
  const pace = refusedOnce();
  passOne(pace, 65_999, 65_999);
  expect(gap(pace, 65_999)).toBe(Math.round(1000 / 0.9));
});

it("P46 a second refusal is a ceiling: for ten seconds the pace stops below what was refused, then for twenty", () => {
  const pace = refusedOnce();
  /** Refuses a call and lets one pass, then one each five seconds. Returns how long the pace stays below what it was. */
  const below = (from: number): number => {
    const refused = gap(pace, from);
    refuse(pace, from, from + 100);
    passOne(pace, from + 1000, from + 1000);
    expect(gap(pace, from + 1000)).toBeGreaterThan(refused);
    let now = from + 1000;
    while (now - from < 300_000 && gap(pace, now) >= refused) {
      now += 5000;
      passOne(pace, now, now);
    }
    return now - from;
  };
  const first = below(61_000);
  expect(first).toBeGreaterThanOrEqual(10_000);
  expect(first).toBeLessThan(30_000);
  const second = below(61_000 + first);
  expect(second).toBeGreaterThanOrEqual(20_000);
  expect(second).toBeLessThan(50_000);
});

it("P46 a second refusal lowers the pace by no more than to a quarter, though little was sent before it", () => {
  const pace = refusedOnce();
  refuse(pace, 100_000, 100_010);
  passOne(pace, 140_000, 140_000);
  expect(gap(pace, 140_000)).toBe(Math.round((4 * 1000) / 0.9));
});

/** The same, refused again after a minute and a half of the pace: calls go without it. */
function trial(): Pace {
  const pace = refusedOnce();
  refuse(pace, 160_000, 160_010);
  passOne(pace, 161_000, 161_000);
  return pace;
}

it("P46 where calls are refused at a pace for long, five go without it, and it is over if most of them pass", () => {
  const pace = trial();
  expect([pace.isVain, pace.isTrying, pace.waitMs(161_000)]).toEqual([true, true, 0]);
  for (const now of [162_000, 163_000, 164_000]) passOne(pace, now, now);
  refuse(pace, 165_000, 165_010);
  expect([pace.isVain, pace.isTrying, pace.isAsking, pace.waitMs(166_000)]).toEqual([true, false, false, 0]);
});

it("P46 three of the five that are refused bring it back, and the next five go after three times as long", () => {
  const pace = trial();
  for (const now of [162_000, 163_000, 164_000]) refuseOne(pace, now, now + 10);
  expect([pace.isVain, pace.isAsking]).toEqual([false, true]);
  passOne(pace, 165_000, 165_000);
  expect(pace.waitMs(165_000)).toBeGreaterThan(0);
  for (const [now, isVain] of [
    [340_000, false],
    [460_000, true],
  ] as const) {
    refuse(pace, now, now + 10);
    passOne(pace, now + 1000, now + 1000);
    expect(pace.isVain).toBe(isVain);
  }
});

it("P46 later on, five refusals in a row bring it back", () => {
  const pace = trial();
  for (let now = 162_000; now < 172_000; now += 1000) passOne(pace, now, now);
  for (let now = 172_000; now < 176_000; now += 1000) refuseOne(pace, now, now);
  expect(pace.isVain).toBe(true);
  refuseOne(pace, 176_000, 176_000);
  expect([pace.isVain, pace.isAsking]).toEqual([false, true]);
});

/** Two refusals at a pace that has not grown, after six calls each that got through. */
function refuseTwice(pace: Pace, from: number): void {
  for (const now of [from, from + 4000]) {
    pass(pace, 6, now, now + 2000);
    refuse(pace, now + 2000, now + 2010);
    passOne(pace, now + 3000, now + 3000);
  }
}

it("P46 refusals at a pace at which calls got through are of no limit: the trial comes at once", () => {
  const pace = refusedOnce();
  refuseTwice(pace, 61_100);
  expect([pace.isVain, pace.isTrying]).toEqual([true, true]);
});

it("P46 where a limit is found nevertheless, one in a while is refused by chance, and lowers no pace", () => {
  const pace = refusedOnce();
  refuseTwice(pace, 61_100);
  for (const now of [70_000, 71_000, 72_000, 73_000, 74_000]) refuseOne(pace, now, now + 10);
  expect(pace.isVain).toBe(false);
  passOne(pace, 75_000, 75_000);
  refuseTwice(pace, 75_100);
  expect(pace.isVain).toBe(false);
  pass(pace, 60, 84_000, 95_000);
  const before = gap(pace, 95_000);
  refuseOne(pace, 120_000, 120_010);
  passOne(pace, 121_000, 121_000);
  const later = gap(pace, 121_000);
  expect(later).toBeLessThanOrEqual(before);
  // Of more than a fourth, it is the limit again.
  for (const now of [130_000, 130_100, 130_200, 130_300, 130_400, 130_500, 130_600]) refuseOne(pace, now, now + 10);
  passOne(pace, 132_000, 132_000);
  expect(gap(pace, 132_000)).toBeGreaterThan(later);
});

it("P46 a pace is a call a minute at least", () => {
  const pace = refusedOnce();
  for (let now = 70_000; now < 90_000; now += 20_000 / 60) {
    refuse(pace, now, now + 1);
    passOne(pace, now + 2, now + 2);
  }
  expect(gap(pace, 90_000)).toBeLessThanOrEqual(60_000);
});

it("P46 between two refusals the pace is nine tenths of what got through, whatever was waited at the end", () => {
  const pace = refusedOnce();
  for (let now = 61_000; now < 81_000; now += 2000) passOne(pace, now, now);
  refuse(pace, 81_000, 81_010);
  // The wait was for what was missing, not for a whole call.
  passOne(pace, 81_200, 81_200);
  expect(gap(pace, 81_200)).toBeGreaterThan(2000);
});

it("P55 a call that asks has got through once it is under way for longer than refusals take, however long its answer takes", () => {
  const quick = new Pace();
  refuseOne(quick, 0, 20);
  quick.sent(1000);
  expect([quick.roomAt(1999, 60_000), quick.nextAt, quick.isAsking]).toEqual([0, 2000, true]);
  expect([quick.roomAt(2000, 60_000), quick.isAsking]).toEqual([1, false]);
  // Refusals that take 800 ms say nothing before four times as long.
  const slow = new Pace();
  refuseOne(slow, 0, 800);
  slow.sent(1000);
  slow.roomAt(4199, 60_000);
  expect(slow.isAsking).toBe(true);
  slow.roomAt(4200, 60_000);
  expect(slow.isAsking).toBe(false);
});

it("P55 after refusals twice as many calls with each second may be in flight, up to those that the pace leads to", () => {
  const pace = refusedOnce();
  const rooms = [61_000, 62_000, 63_000, 64_000, 65_000].map((now) => pace.roomAt(now, 6000));
  // 0.9 calls a second of 6 s, a quarter more, and four that may hang.
  expect(rooms).toEqual([1, 2, 4, 8, 11]);
});

it("P46 of many calls in flight together, those that are refused by chance bring no pace", () => {
  const pace = new Pace();
  const calls = Array.from({ length: 64 }, () => pace.sent(0));
  for (const number of calls.slice(0, 3)) pace.refused(number, 0, 20);
  expect([pace.isAsking, pace.isLimit]).toEqual([true, false]);
  passOne(pace, 600, 700);
  expect([pace.isFree, pace.waitMs(700)]).toEqual([true, 0]);
  const more = Array.from({ length: 64 }, () => pace.sent(800));
  for (const number of more.slice(0, 30)) pace.refused(number, 800, 820);
  passOne(pace, 1400, 1500);
  expect(pace.isFree).toBe(false);
});

it("P46 the pace counts what was sent and not refused, whenever it is answered", () => {
  const pace = new Pace();
  for (let now = 0; now < 60_000; now += 1000) pace.sent(now);
  refuse(pace, 59_990, 60_000);
  passOne(pace, 61_000, 61_000);
  expect(gap(pace, 61_000)).toBe(Math.round(1000 / 0.9));
});
