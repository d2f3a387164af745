import { bulkRunnable, type Demand, ProviderError, type RateLimiter, runnable } from "@batchwise/core";
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

test("P43 refusals of calls that were in flight together are one", async () => {
  const { clock, limiters, asked } = share({ requests: 1000 }, 1);
  const [limiter] = limiters as [RateLimiter];
  const together = await runOn(clock, Promise.all(Array.from({ length: 8 }, () => limiter.reserve(call()))));
  for (const each of together) each.settle({ outcome: "limited" });
  await clock.advance(10);
  expect(Math.max(...asked.map(({ pauseMs }) => pauseMs))).toBe(500);
});

test("P44 a wait of 0 does not switch our own backoff off", async () => {
  const { clock, limiters, asked } = share({ requests: 1000 }, 1);
  for (let each = 0; each < 3; each++) {
    (await runOn(clock, limiters[0]!.reserve(call()))).settle({ outcome: "limited", retryAfterMs: 0 });
  }
  await clock.advance(10);
  expect(asked.map(({ pauseMs }) => pauseMs).filter((pauseMs) => pauseMs > 0)).toEqual([500, 1000, 2000]);
});

test("P45 a wait of a day is the refused call's own: nothing else on the limiter waits for it", async () => {
  const { clock, limiters } = share({ requests: 1000 }, 2);
  const [one, two] = limiters as [RateLimiter, RateLimiter];
  (await runOn(clock, one.reserve(call()))).settle({ outcome: "limited", retryAfterMs: 86_400_000 });
  await clock.advance(10);
  const refusedAt = clock.now();
  await runOn(clock, Promise.all(Array.from({ length: 20 }, () => two.reserve(call()))));
  expect(clock.now() - refusedAt).toBeLessThan(1000);
});

// Groq reports a day's requests (https://console.groq.com/docs/rate-limits), and so may be what is configured.
test.for([1, 3])(
  "P46 a limit of 1,000 that is 30 in truth: %i processes find a pace, few calls are refused",
  async (processes) => {
    const { clock, limiters } = share({ requests: 1000 }, processes);
    const passed: number[] = [];
    let refused = 0;
    const send = async (limiter: RateLimiter): Promise<void> => {
      for (;;) {
        const reservation = await limiter.reserve(call());
        reservation.begin?.();
        const now = clock.now();
        const isRefused = passed.filter((at) => at > now - MINUTE_MS).length >= 30;
        if (isRefused) refused++;
        else passed.push(now);
        await new Promise<void>((resolve) => clock.after(300, resolve));
        reservation.settle(isRefused ? { outcome: "limited", retryAfterMs: 2000 } : { outcome: "ok" });
        if (!isRefused) return;
      }
    };
    const each = (limiter: RateLimiter): Promise<void[]> =>
      Promise.all(
        Array.from({ length: 3 }, async () => {
          for (let left = Math.ceil(200 / processes / 3); left > 0; left--) await send(limiter);
        }),
      );
    await runOn(clock, Promise.all(limiters.map(each)));
    expect(refused).toBeLessThan(passed.length / 5);
    // At the true limit it would take 5.7 minutes behind the first 30.
    expect(clock.now()).toBeLessThan(12 * MINUTE_MS);
  },
);

test("P46 a refusal that the limits explain leaves them as they are", async () => {
  const { clock, limiters } = share({ requests: 10 }, 1);
  const [limiter] = limiters as [RateLimiter];
  const all = await runOn(clock, Promise.all(Array.from({ length: 10 }, () => limiter.reserve(call()))));
  all.at(-1)!.settle({ outcome: "limited" });
  await runOn(clock, Promise.all(Array.from({ length: 10 }, () => limiter.reserve(call()))));
  expect(clock.now()).toBeLessThan(MINUTE_MS + 3000);
});

// A provider that is busy refuses a share of the calls, however few there are: docs/decisions/0016.
test.each([
  [0.02, 3],
  [0.1, 15],
  [0.2, 16],
])(
  "P46 of calls that are refused at random, a share of %d, none is lost and the pace is given up: %i minutes at most",
  async (portion, minutes) => {
    const { clock, limiters } = share({ requests: 3000 }, 4);
    let state = 7;
    const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
    const embed = runnable<number, number>(
      async (input) => {
        await new Promise<void>((resolve) => clock.after(1000, resolve));
        if (random() >= portion) return input;
        throw new ProviderError("Busy.", { code: "rate_limited", status: 429, retryable: true });
      },
      { maxConcurrency: 4, retry: { attempts: 6 } },
    );
    const inputs = Array.from({ length: 175 }, (_, index) => index);
    const batches = limiters.map((limiter) => embed.batch(inputs, { limiter, clock, random }));
    expect(await runOn(clock, Promise.all(batches))).toEqual(limiters.map(() => inputs));
    expect(clock.now()).toBeLessThan(minutes * MINUTE_MS);
  },
);

test("P46 while it is tried whether the pace helps, two calls are in flight, and nested ones besides", async () => {
  const { clock, limiters, asked } = share({ requests: 3000 }, 1);
  const [limiter] = limiters as [RateLimiter];
  const end = async (outcome: "ok" | "limited"): Promise<void> => {
    const reservation = await runOn(clock, limiter.reserve(call()));
    await clock.advance(100);
    reservation.settle({ outcome });
  };
  while (asked.at(-1)?.isFree !== true) for (const each of ["ok", "limited"] as const) await end(each);
  expect(clock.now()).toBeGreaterThan(1.5 * MINUTE_MS);
  let granted = 0;
  for (let each = 0; each < 4; each++) void limiter.reserve(call()).then(() => granted++);
  await clock.advance(5000);
  expect(granted).toBe(2);
  void limiter.reserve(call(), { nested: true }).then(() => granted++);
  await clock.advance(5000);
  expect(granted).toBe(3);
});

test("P42 a provider that is gone for 90 s costs no input, and few calls of each process meanwhile", async () => {
  const { clock, limiters } = share({ requests: 3000 }, 2);
  let meanwhile = 0;
  const embed = bulkRunnable<number, number>(
    async (inputs) => {
      await new Promise<void>((resolve) => clock.after(100, resolve));
      if (clock.now() < 5000 || clock.now() >= 95_000) return inputs;
      if (clock.now() > 15_000) meanwhile++;
      throw new ProviderError("Gone.", { status: 503, retryable: true });
    },
    { request: { maxInputs: 10 }, maxConcurrency: 5, retry: { attempts: 6 } },
  );
  const inputs = Array.from({ length: 3000 }, (_, index) => index);
  const batches = limiters.map((limiter) => embed.batch(inputs, { limiter, clock, random: () => 0.5 }));
  expect(await runOn(clock, Promise.all(batches))).toEqual([inputs, inputs]);
  expect(clock.now()).toBeGreaterThan(95_000);
  expect(clock.now()).toBeLessThan(150_000);
  expect(meanwhile).toBeGreaterThan(2);
  expect(meanwhile).toBeLessThan(2 * 12);
});

test("P42 an outage is told, lets one call through at a time, and abort still ends its wait at once", async () => {
  const { clock, limiters } = share({ requests: 3000 }, 2);
  const [one, two] = limiters as [RateLimiter, RateLimiter];
  for (let each = 0; each < 2; each++) {
    (await runOn(clock, one.reserve(call()))).settle({ outcome: "unavailable" });
  }
  expect(one.outage).toMatchObject({ until: clock.now() + 500 });
  expect(two.outage).toBeUndefined();
  const order: string[] = [];
  const controller = new AbortController();
  const waits = ["first", "second"].map(async (name) => {
    const reservation = await one.reserve(call());
    order.push(name);
    return reservation;
  });
  const aborted = one.reserve(call(), { signal: controller.signal });
  controller.abort(new Error("enough"));
  await expect(aborted).rejects.toThrow("enough");
  await clock.advance(400);
  expect(order).toEqual([]);
  await clock.advance(5000);
  expect(order).toEqual(["first"]);
  (await waits[0]!).settle({ outcome: "ok" });
  await clock.advance(1000);
  expect(order).toEqual(["first", "second"]);
  expect(one.outage).toBeUndefined();
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
