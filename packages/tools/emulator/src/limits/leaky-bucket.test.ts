import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { LARGEST_LIMIT, LeakyBucket } from "./leaky-bucket.ts";

const MINUTE = 60_000;

describe("a leaky bucket", () => {
  test("lets a minute's worth pass at once, and refills evenly", () => {
    const bucket = new LeakyBucket(60, 1, 0);
    expect(bucket.take(60, 0)).toBe(true);
    expect(bucket.take(1, 0)).toBe(false);
    expect(bucket.waitMs(1, 0)).toBe(1000);
    expect(bucket.take(1, 999.999)).toBe(false);
    expect(bucket.take(1, 1000)).toBe(true);
    expect(bucket.take(1, 1000)).toBe(false);
    expect(bucket.resetMs(1000)).toBe(60_000);
    expect(bucket.remaining(31_000)).toBe(30);
    expect(bucket.remaining(10 * MINUTE)).toBe(60);
  });

  test("starts with the share of a minute's worth that it is given", () => {
    const bucket = new LeakyBucket(1000, 0.02, 5);
    expect(bucket.remaining(5)).toBe(20);
    expect(bucket.take(21, 5)).toBe(false);
    expect(bucket.take(20, 5)).toBe(true);
    expect(bucket.resetMs(5)).toBe(60_000);
  });

  test("P27 more than the limit never passes, and its wait is infinite", () => {
    const bucket = new LeakyBucket(10, 1, 0);
    expect(bucket.waitMs(11, 0)).toBe(Infinity);
    expect(bucket.take(11, 100 * MINUTE)).toBe(false);
    expect(bucket.take(10, 100 * MINUTE)).toBe(true);
  });

  test("a penalty lets nothing pass, and never costs more than a minute", () => {
    const bucket = new LeakyBucket(60, 1, 0);
    bucket.penalize(100, 0);
    expect(bucket.taken).toBe(0);
    expect(bucket.waitMs(1, 0)).toBe(1000);
    expect(bucket.waitMs(60, 0)).toBe(60_000);
  });

  test("reports its use as a share of its capacity", () => {
    const bucket = new LeakyBucket(60, 0.5, 0);
    bucket.take(30, 0);
    expect(bucket.use(0)).toBe(1);
    expect(bucket.use(30_000)).toBe(0.5);
    expect(new LeakyBucket(60, 0, 0).use(0)).toBe(0);
  });

  test("stays exact at the largest limit, and over years", () => {
    const years = 10 * 365 * 24 * 60 * MINUTE;
    const bucket = new LeakyBucket(LARGEST_LIMIT, 1, years);
    expect(bucket.take(LARGEST_LIMIT, years)).toBe(true);
    expect(bucket.take(1, years)).toBe(false);
    expect(bucket.remaining(years + 1)).toBe(LARGEST_LIMIT / MINUTE);
    expect(LARGEST_LIMIT * 60_000_000).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER);
  });
});

const steps = fc.array(
  fc.record({
    waitMs: fc.oneof(fc.double({ min: 0, max: 50, noNaN: true }), fc.double({ min: 0, max: 90_000, noNaN: true })),
    amount: fc.nat({ max: 40 }),
    drain: fc.boolean(),
  }),
  { maxLength: 60 },
);

describe("for any calls at any times", () => {
  test("P29 never more than the limit and its refill passes, in any window", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        steps,
        (limit, fill, calls) => {
          const bucket = new LeakyBucket(limit, fill, 0);
          const passed: { at: number; amount: number }[] = [];
          let at = 0;
          for (const { waitMs, amount, drain } of calls) {
            at += waitMs;
            if (drain) bucket.penalize(amount, at);
            else if (bucket.take(amount, at)) passed.push({ at, amount });
          }
          for (const [first, from] of passed.entries()) {
            let sum = 0;
            for (const { at: until, amount } of passed.slice(first)) {
              sum += amount;
              // A microsecond is the unit of the bucket's time.
              const refilled = (limit * (until - from.at + 0.001)) / MINUTE;
              expect(sum).toBeLessThanOrEqual(limit + refilled);
              expect(sum).toBeLessThanOrEqual(limit * fill + (limit * (until + 0.001)) / MINUTE + 1e-6);
            }
          }
          expect(bucket.taken).toBe(passed.reduce((sum, { amount }) => sum + amount, 0));
        },
      ),
    );
  });

  test("the time to wait is exact: then it passes, a microsecond before it does not", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: LARGEST_LIMIT }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (limit, fill, share) => {
          const amount = Math.ceil(limit * share);
          const wait = new LeakyBucket(limit, fill, 0).waitMs(amount, 0);
          expect(new LeakyBucket(limit, fill, 0).fits(amount, wait + 1e-4)).toBe(true);
          expect(wait > 0 && new LeakyBucket(limit, fill, 0).fits(amount, wait - 1.1e-3)).toBe(false);
        },
      ),
    );
  });

  test("what remains can pass, and all of it at the reported reset", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(),
        (limit, fill, at) => {
          const bucket = new LeakyBucket(limit, fill, 0);
          const remaining = bucket.remaining(at);
          expect(bucket.fits(remaining, at)).toBe(true);
          expect(bucket.fits(remaining + 1, at)).toBe(false);
          expect(bucket.remaining(at + bucket.resetMs(at) + 1e-4)).toBe(limit);
        },
      ),
    );
  });
});
