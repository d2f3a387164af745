import type { Demand, RateLimiter } from "@batchwise/core";
import { FakeClock, runOn } from "@batchwise/testkit";
import { expect, test } from "vitest";
import { memoryCounter } from "../testing/memory-counter.ts";
import type { Counter, CounterRequest } from "./counter.ts";
import { SharedLimiter } from "./shared-limiter.ts";

const MINUTE_MS = 60_000;
const GRACE_MS = 1000;
const call = (tokens = 0): Demand => ({ requests: 1, inputs: 1, tokens });

/** Limiters of several processes on one counter. */
function share(
  limits: Partial<Demand>,
  processes: number,
): { clock: FakeClock; limiters: RateLimiter[]; asked: CounterRequest[] } {
  const clock = new FakeClock();
  const all = { requests: Infinity, inputs: Infinity, tokens: Infinity, ...limits };
  const count = memoryCounter(clock, all, MINUTE_MS + GRACE_MS, 2);
  const asked: CounterRequest[] = [];
  const counter: Counter = (request) => {
    asked.push(request);
    return count(request);
  };
  const limiters = Array.from(
    { length: processes },
    () => new SharedLimiter({ counter, clock, graceMs: GRACE_MS, random: () => 0.5 }),
  );
  return { clock, limiters, asked };
}

test("P29 never more than the limits in any window of a minute, over all processes together", async () => {
  const { clock, limiters } = share({ requests: 20, tokens: 1000 }, 5);
  const passed: { at: number; tokens: number }[] = [];
  let state = 7;
  const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  await runOn(
    clock,
    Promise.all(
      limiters.map(async (limiter) => {
        for (let each = 0; each < 30; each++) {
          const tokens = Math.ceil(random() * 120);
          const reservation = await limiter.reserve(call(tokens));
          // Some wait for a permit before they start, up to twice as long as a grant holds.
          if (random() < 0.3) await new Promise<void>((resolve) => clock.after(random() * 2 * GRACE_MS, resolve));
          reservation.begin?.();
          const used = Math.ceil(tokens * (0.5 + random() / 2));
          passed.push({ at: clock.now(), tokens: used });
          reservation.settle({ outcome: "ok", used: { tokens: used } });
        }
      }),
    ),
  );
  passed.sort((one, two) => one.at - two.at);
  for (const { at } of passed) {
    const inside = passed.filter((each) => each.at >= at && each.at < at + MINUTE_MS);
    expect(inside.length).toBeLessThanOrEqual(20);
    expect(inside.reduce((sum, each) => sum + each.tokens, 0)).toBeLessThanOrEqual(1000);
  }
  expect(passed).toHaveLength(150);
});

test("calls that arrive during a round trip go with the next one: few round trips for many calls", async () => {
  const { clock, limiters, asked } = share({ requests: 1000 }, 1);
  await runOn(clock, Promise.all(Array.from({ length: 100 }, () => limiters[0]!.reserve(call()))));
  expect(asked.map(({ wanted }) => wanted.length)).toEqual([1, 99]);
});

test("P20 a retry goes before new work, and a nested call before both", async () => {
  const { clock, limiters } = share({ requests: 1 }, 1);
  const [limiter] = limiters as [RateLimiter];
  const order: string[] = [];
  const reserve = (name: string, options: object): Promise<unknown> =>
    limiter.reserve(call(), options).then(() => order.push(name));
  const first = reserve("first", {});
  await runOn(clock, first);
  const rest = [reserve("usual", {}), reserve("urgent", { urgent: true }), reserve("nested", { nested: true })];
  await runOn(clock, Promise.all(rest));
  expect(order).toEqual(["first", "nested", "urgent", "usual"]);
});

test("P12 an abort ends the wait at once, and its grant is given back", async () => {
  const { clock, limiters, asked } = share({ requests: 1 }, 1);
  const controller = new AbortController();
  const wait = limiters[0]!.reserve(call(), { signal: controller.signal });
  controller.abort(new Error("enough"));
  await expect(wait).rejects.toThrow("enough");
  await runOn(clock, limiters[0]!.reserve(call()));
  expect(clock.now()).toBeLessThan(MINUTE_MS);
  expect(asked.flatMap(({ corrections }) => corrections)).toMatchObject([{ requests: -1 }]);
});

test("P28 reserved amounts that were not used are given back; use beyond them is counted", async () => {
  const { clock, limiters } = share({ tokens: 100 }, 2);
  const [one, two] = limiters as [RateLimiter, RateLimiter];
  const reservation = await runOn(clock, one.reserve(call(100)));
  reservation.settle({ outcome: "ok", used: { requests: 1, inputs: 1, tokens: 30 } });
  await clock.advance(300);
  await runOn(clock, two.reserve(call(70)));
  expect(clock.now()).toBeLessThan(1000);
  await runOn(clock, two.reserve(call(1)));
  expect(clock.now()).toBeGreaterThan(MINUTE_MS);
});

test("a refusal pauses every process, for as long as the provider asks", async () => {
  const { clock, limiters } = share({ requests: 1000 }, 2);
  const [one, two] = limiters as [RateLimiter, RateLimiter];
  const reservation = await runOn(clock, one.reserve(call()));
  reservation.settle({ outcome: "limited", retryAfterMs: 5000 });
  await clock.advance(10);
  const refusedAt = clock.now();
  await runOn(clock, two.reserve(call()));
  expect(clock.now() - refusedAt).toBeGreaterThan(4900);
});

test("P21 a refusal that names no time pauses for a backoff that doubles", async () => {
  const { clock, limiters, asked } = share({ requests: 1000 }, 1);
  for (let each = 0; each < 3; each++) {
    (await runOn(clock, limiters[0]!.reserve(call()))).settle({ outcome: "limited" });
  }
  await clock.advance(10);
  expect(asked.map(({ pauseMs }) => pauseMs).filter((pauseMs) => pauseMs > 0)).toEqual([500, 1000, 2000]);
});

test("P27 a call that is heavier than the limit passes alone", async () => {
  const { clock, limiters } = share({ tokens: 100 }, 1);
  await runOn(clock, limiters[0]!.reserve(call(500)));
  expect(clock.now()).toBeLessThan(1000);
  await runOn(clock, limiters[0]!.reserve(call(1)));
  expect(clock.now()).toBeGreaterThan(MINUTE_MS);
});

test("a counter that cannot be reached fails the calls that wait, and later ones try again", async () => {
  const clock = new FakeClock();
  let down = true;
  const count = memoryCounter(clock, { requests: 9, inputs: 9, tokens: 9 }, MINUTE_MS);
  const limiter = new SharedLimiter({
    counter: (request) => (down ? Promise.reject(new Error("no database")) : count(request)),
    clock,
    graceMs: GRACE_MS,
    random: () => 0,
  });
  await expect(limiter.reserve(call())).rejects.toThrow("no database");
  down = false;
  await limiter.reserve(call());
});
