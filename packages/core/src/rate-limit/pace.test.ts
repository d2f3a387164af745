import { expect, it } from "vitest";
import { Pace } from "./pace.ts";

/** Lets `count` calls pass, evenly between two times; each takes no time. */
function pass(pace: Pace, count: number, from: number, until: number): void {
  for (let call = 0; call < count; call++) {
    const now = from + (call * (until - from)) / count;
    pace.sent(now);
    pace.passed(now, now);
  }
}

/** Refuses a call, and at once the one that asks. */
function refuse(pace: Pace, startedAt: number, now: number): void {
  pace.refused(startedAt, now);
  pace.refused(now, now);
}

/** Pace after 60 calls in a minute, refusals at its end, and one that has passed a second later. */
function refusedOnce(): Pace {
  const pace = new Pace();
  pass(pace, 60, 0, 60_000);
  refuse(pace, 59_990, 60_000);
  pace.sent(61_000);
  pace.passed(61_000, 61_000);
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
  pace.refused(0, 100);
  expect([pace.isAsking, pace.waitMs(100)]).toEqual([true, 0]);
  pace.passed(99, 150);
  expect(pace.isAsking).toBe(true);
  pace.passed(600, 700);
  expect(pace.isAsking).toBe(false);
});

it("P46 one refusal among many calls, after which the next one passes, changes nothing", () => {
  const pace = new Pace();
  pass(pace, 60, 0, 60_000);
  pace.refused(59_990, 60_000);
  pace.passed(60_500, 60_600);
  expect([pace.isAsking, pace.waitMs(60_600)]).toEqual([false, 0]);
  // Where every fifth is refused, there is a limit.
  for (let at = 61_000; at < 70_000; at += 1000) {
    pass(pace, 4, at, at + 400);
    pace.refused(at + 450, at + 500);
    pace.passed(at + 600, at + 600);
  }
  expect(gap(pace, 70_000)).toBeGreaterThan(100);
});

it("P46 then the pace is nine tenths of what got through in the last minute, evenly spaced", () => {
  expect(gap(refusedOnce(), 61_000)).toBe(Math.round(1000 / 0.9));
});

it("P46 what got through in the minute before is forgotten", () => {
  const pace = new Pace();
  pass(pace, 6000, 0, 60_000);
  pass(pace, 60, 60_000, 120_000);
  refuse(pace, 119_990, 120_001);
  pace.passed(121_000, 121_000);
  expect(gap(pace, 121_000)).toBeGreaterThan(1000);
});

it("P44 with nothing before, the pace is one call in the time that was waited", () => {
  const pace = new Pace();
  refuse(pace, 0, 0);
  pace.passed(4000, 4010);
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
  for (const startedAt of [69_000, 70_000, 70_099]) thrice.refused(startedAt, 70_200);
  for (const pace of [once, thrice]) pace.passed(75_000, 75_000);
  thrice.refused(70_050, 75_100);
  expect(thrice.isAsking).toBe(false);
  expect(gap(thrice, 75_100)).toBe(gap(once, 75_100));
});

it("P46 without a refusal it grows, ever faster, until one tells where it ends", () => {
  const pace = refusedOnce();
  const gaps = [66_000, 71_000, 76_000].map((now) => {
    pace.passed(now, now);
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
  pace.passed(65_999, 65_999);
  expect(gap(pace, 65_999)).toBe(Math.round(1000 / 0.9));
});

it("P46 a second refusal is a ceiling: for ten seconds the pace stops below what was refused, then for twenty", () => {
  const pace = refusedOnce();
  /** Refuses a call and lets one pass, then one each five seconds. Returns how long the pace stays below what it was. */
  const below = (from: number): number => {
    const refused = gap(pace, from);
    refuse(pace, from, from + 100);
    pace.passed(from + 1000, from + 1000);
    expect(gap(pace, from + 1000)).toBeGreaterThan(refused);
    let now = from + 1000;
    while (now - from < 300_000 && gap(pace, now) >= refused) {
      now += 5000;
      pace.passed(now, now);
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
  pace.passed(140_000, 140_000);
  expect(gap(pace, 140_000)).toBe(Math.round((4 * 1000) / 0.9));
});

/** The same, refused again after a minute and a half of the pace: calls go without it. */
function trial(): Pace {
  const pace = refusedOnce();
  refuse(pace, 160_000, 160_010);
  pace.passed(161_000, 161_000);
  return pace;
}

it("P46 where calls are refused at a pace for long, five go without it, and it is over if most of them pass", () => {
  const pace = trial();
  expect([pace.isVain, pace.isTrying, pace.waitMs(161_000)]).toEqual([true, true, 0]);
  for (const now of [162_000, 163_000, 164_000]) pace.passed(now, now);
  refuse(pace, 165_000, 165_010);
  expect([pace.isVain, pace.isTrying, pace.isAsking, pace.waitMs(166_000)]).toEqual([true, false, false, 0]);
});

it("P46 three of the five that are refused bring it back, and the next five go after three times as long", () => {
  const pace = trial();
  for (const now of [162_000, 163_000, 164_000]) pace.refused(now, now + 10);
  expect([pace.isVain, pace.isAsking]).toEqual([false, true]);
  pace.passed(165_000, 165_000);
  expect(pace.waitMs(165_000)).toBeGreaterThan(0);
  for (const [now, isVain] of [
    [340_000, false],
    [460_000, true],
  ] as const) {
    refuse(pace, now, now + 10);
    pace.passed(now + 1000, now + 1000);
    expect(pace.isVain).toBe(isVain);
  }
});

it("P46 later on, five refusals in a row bring it back", () => {
  const pace = trial();
  for (let now = 162_000; now < 172_000; now += 1000) pace.passed(now, now);
  for (let now = 172_000; now < 176_000; now += 1000) pace.refused(now, now);
  expect(pace.isVain).toBe(true);
  pace.refused(176_000, 176_000);
  expect([pace.isVain, pace.isAsking]).toEqual([false, true]);
});

it("P46 between two refusals the pace is nine tenths of what got through, whatever was waited at the end", () => {
  const pace = refusedOnce();
  for (let now = 61_000; now < 81_000; now += 2000) pace.passed(now, now);
  refuse(pace, 81_000, 81_010);
  // The wait was for what was missing, not for a whole call.
  pace.passed(81_200, 81_200);
  expect(gap(pace, 81_200)).toBeGreaterThan(2000);
});
