import { expect, it } from "vitest";
import { Outage } from "./outage.ts";

/** Outage since two failures at 0. */
function down(): Outage {
  const outage = new Outage();
  outage.failed(0, 0, 1);
  outage.failed(0, 0, 1);
  return outage;
}

/** Lets calls ask and fail, each as soon as it may, after 10 ms. Returns the pauses that follow. */
function pauses(outage: Outage, count: number): number[] {
  return Array.from({ length: count }, () => {
    const asked = outage.facts?.until ?? 0;
    outage.failed(asked, asked + 10, 1);
    return (outage.facts?.until ?? 0) - asked - 10;
  });
}

it("P42 there is none before the second failure in a row", () => {
  const outage = new Outage();
  outage.failed(0, 70, 1);
  expect(outage.facts).toBeUndefined();
  outage.failed(70, 100, 1);
  expect(outage.facts).toEqual({ since: 70, until: 600 });
});

it.for<[number, number]>([
  [0, 2],
  [5, 5],
  [10, 10],
  [64, 10],
])(
  "P42 with %i calls in flight it takes %i failures: of those that were sent together one may pass",
  ([inFlight, expected]) => {
    const outage = new Outage();
    let failures = 0;
    for (; outage.facts === undefined; failures++) outage.failed(0, 10, inFlight);
    expect(failures).toBe(expected);
  },
);

it("P42 each call that asks in vain pauses for twice as long, up to 20 seconds: three a minute", () => {
  expect(pauses(down(), 8)).toEqual([1000, 2000, 4000, 8000, 16_000, 20_000, 20_000, 20_000]);
});

it("P42 what was in flight together fails once: only a call that asks counts", () => {
  const outage = down();
  outage.failed(0, 300, 9);
  outage.failed(499, 900, 9);
  expect(outage.facts).toEqual({ since: 0, until: 500 });
  outage.failed(500, 900, 9);
  expect(outage.facts).toEqual({ since: 0, until: 1900 });
});

it("P42 an answer ends it, and the next one begins anew", () => {
  const outage = down();
  pauses(outage, 4);
  outage.answered(20_000, 20_000);
  expect(outage.facts).toBeUndefined();
  outage.failed(30_000, 30_010, 1);
  expect(outage.facts).toBeUndefined();
  outage.failed(30_010, 30_020, 1);
  expect(outage.facts).toEqual({ since: 30_010, until: 30_520 });
});

it("an answer between two failures keeps it from beginning", () => {
  const outage = new Outage();
  for (const now of [0, 10, 20]) {
    outage.failed(now, now, 1);
    outage.answered(now, now);
  }
  expect(outage.facts).toBeUndefined();
});

it("P42 an answer to a call from before the outage says nothing of its end", () => {
  const outage = new Outage();
  for (const now of [100, 110]) outage.failed(now - 5, now, 1);
  outage.answered(99, 99);
  expect(outage.facts).toEqual({ since: 100, until: 610 });
  outage.answered(100, 100);
  expect(outage.facts).toBeUndefined();
});

it("is silent since the last answer, also since one at time 0, and for no time before there was one", () => {
  const outage = new Outage();
  expect(outage.silentMs(50)).toBeUndefined();
  outage.answered(0, 0);
  expect(outage.silentMs(50)).toBe(50);
});
