import { type Demand, rateLimiter, type RateLimiter, type Reservation } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { describe, expect, it } from "vitest";
import { range, turn, type Watched, watch } from "./held-backend.ts";

const MINUTE = 60_000;
const demand = (tokens: number, inputs = 1): Demand => ({ requests: 1, inputs, tokens });

async function granted(limiter: RateLimiter, wanted: Demand): Promise<Reservation> {
  const reserving = watch(limiter.reserve(wanted));
  await turn();
  if (reserving.value === undefined) throw new Error("Expected a reservation at once, but it has to wait.");
  return reserving.value;
}

describe("what passes", () => {
  it.for([
    ["requestsPerMinute", { requestsPerMinute: 3 }, demand(0)],
    ["tokensPerMinute", { tokensPerMinute: 30 }, demand(10)],
    ["inputsPerMinute", { inputsPerMinute: 12 }, demand(0, 4)],
  ] as const)("P29 %s: the limit passes, the next waits until a minute is over", async ([, limits, wanted]) => {
    const clock = new FakeClock();
    const limiter = rateLimiter({ ...limits, clock });
    const waiting = range(9).map(() => watch(limiter.reserve(wanted)));
    const through = (): number => waiting.filter((each) => each.state === "fulfilled").length;
    await clock.advance(MINUTE - 1);
    expect(through()).toBe(3);
    await clock.advance(1);
    expect(through()).toBe(6);
    await clock.advance(MINUTE);
    expect(through()).toBe(9);
    expect(clock.pending).toBe(0);
  });

  it("P29 reservations of one size are granted in the order in which they came", async () => {
    const clock = new FakeClock();
    const limiter = rateLimiter({ requestsPerMinute: 1, clock });
    const order: number[] = [];
    const all = range(5).map(async (number) => {
      await limiter.reserve(demand(1));
      order.push(number);
    });
    await clock.run(Promise.all(all));
    expect(order).toEqual(range(5));
  });

  it("P20 an urgent reservation goes ahead of everyone who waits without it", async () => {
    const clock = new FakeClock();
    const limiter = rateLimiter({ requestsPerMinute: 1, clock });
    const order: string[] = [];
    const reserve = async (name: string, urgent: boolean): Promise<void> => {
      await limiter.reserve(demand(1), { urgent });
      order.push(name);
    };
    await granted(limiter, demand(1));
    await clock.run(Promise.all([reserve("a", false), reserve("b", true), reserve("c", false), reserve("d", true)]));
    expect(order).toEqual(["b", "d", "a", "c"]);
  });

  it("P27 a request heavier than the limit runs alone, and what follows waits", async () => {
    const clock = new FakeClock();
    const limiter = rateLimiter({ tokensPerMinute: 100, clock });
    await granted(limiter, demand(50));
    const heavy = watch(limiter.reserve(demand(250)));
    const after = watch(limiter.reserve(demand(1)));
    await clock.advance(MINUTE - 1);
    expect(heavy.state).toBe("pending");
    await clock.advance(1);
    expect(heavy.state).toBe("fulfilled");
    expect(after.state).toBe("pending");
    await clock.run(after.promise);
    expect(clock.now()).toBeGreaterThanOrEqual(2 * MINUTE);
    expect(clock.now()).toBeLessThanOrEqual(5 * MINUTE);
  });

  it("P12 an abort while waiting rejects at once, uses nothing up, and lets the next one through", async () => {
    const clock = new FakeClock();
    const limiter = rateLimiter({ tokensPerMinute: 100, clock });
    const controller = new AbortController();
    await granted(limiter, demand(50));
    const big = watch(limiter.reserve(demand(80), { signal: controller.signal }));
    const small = watch(limiter.reserve(demand(50)));
    await turn();
    const reason = new Error("enough");
    controller.abort(reason);
    await turn();
    expect(big.reason).toBe(reason);
    expect(small.state).toBe("fulfilled");
    expect(clock.now()).toBe(0);
    const before = watch(limiter.reserve(demand(1), { signal: AbortSignal.abort(reason) }));
    await turn();
    expect(before.reason).toBe(reason);
    expect(clock.pending).toBe(0);
  });

  it("tryReserve never waits and never overtakes", async () => {
    const clock = new FakeClock();
    const limiter = rateLimiter({ tokensPerMinute: 100, clock });
    expect(limiter.tryReserve?.(demand(60))).toBeDefined();
    expect(limiter.tryReserve?.(demand(60))).toBeUndefined();
    const waiting = watch(limiter.reserve(demand(60)));
    await turn();
    expect(limiter.tryReserve?.(demand(1))).toBeUndefined();
    await clock.run(waiting.promise);
    expect(limiter.tryReserve?.(demand(40))).toBeDefined();
  });

  it("shortestMs tells the shortest time in which so much could pass", () => {
    const clock = new FakeClock();
    expect(rateLimiter({ clock }).shortestMs?.({ requests: 9, inputs: 9, tokens: 9 })).toBeUndefined();
    const limiter = rateLimiter({ requestsPerMinute: 10, tokensPerMinute: 1000, clock });
    expect(limiter.shortestMs?.({ requests: 10, inputs: 10, tokens: 1000 })).toBe(0);
    expect(limiter.shortestMs?.({ requests: 11, inputs: 0, tokens: 0 })).toBe(MINUTE);
    expect(limiter.shortestMs?.({ requests: 1, inputs: 0, tokens: 3500 })).toBe(3 * MINUTE);
  });
});

describe("a clock that goes on while it is read", () => {
  it("P29 nobody is left waiting though time has passed between two looks at it", async () => {
    const clock = new FakeClock();
    let reads = 0;
    const limiter = rateLimiter({
      clock: { now: () => clock.now() + ++reads * 0.01, after: (ms, run) => clock.after(ms, run) },
    });
    const limits = { requests: { limit: 6000, remaining: 1 } };
    (await granted(limiter, demand(1))).settle({ outcome: "ok", limits });
    const all = range(300).map(async () => (await limiter.reserve(demand(1))).settle({ outcome: "ok" }));
    await clock.run(Promise.all(all));
    expect(clock.now()).toBeLessThanOrEqual(3000);
  });
});

describe("what calls give back", () => {
  it("P28 what was reserved too much is given back at once", async () => {
    const clock = new FakeClock();
    const limiter = rateLimiter({ tokensPerMinute: 100, clock });
    (await granted(limiter, demand(100))).settle({ outcome: "ok", used: { tokens: 10 } });
    await granted(limiter, demand(90));
    expect(limiter.tryReserve?.(demand(1))).toBeUndefined();
  });

  it("P28 what was reserved too little is taken after all", async () => {
    const clock = new FakeClock();
    const limiter = rateLimiter({ tokensPerMinute: 100, clock });
    (await granted(limiter, demand(10))).settle({ outcome: "ok", used: { tokens: 95 } });
    expect(limiter.tryReserve?.(demand(6))).toBeUndefined();
    expect(limiter.tryReserve?.(demand(5))).toBeDefined();
  });

  it("P28 a failed attempt stays counted as it was reserved, unless the provider counted otherwise, and leaks nothing", async () => {
    const clock = new FakeClock();
    const limiter = rateLimiter({ tokensPerMinute: 100, clock });
    (await granted(limiter, demand(60))).settle({ outcome: "failed" });
    (await granted(limiter, demand(40))).settle({ outcome: "failed", used: { tokens: 0 } });
    expect(limiter.tryReserve?.(demand(41))).toBeUndefined();
    expect(limiter.tryReserve?.(demand(40))).toBeDefined();
    await clock.advance(MINUTE);
    expect(limiter.tryReserve?.(demand(100))).toBeDefined();
  });

  it("P28 settling twice gives nothing back twice", async () => {
    const clock = new FakeClock();
    const limiter = rateLimiter({ tokensPerMinute: 100, clock });
    const reservation = await granted(limiter, demand(100));
    reservation.settle({ outcome: "ok", used: { tokens: 60 } });
    reservation.settle({ outcome: "ok", used: { tokens: 0 } });
    expect(limiter.tryReserve?.(demand(41))).toBeUndefined();
    expect(limiter.tryReserve?.(demand(40))).toBeDefined();
  });

  it("P28 a refund wakes the one who waits for it", async () => {
    const clock = new FakeClock();
    const limiter = rateLimiter({ tokensPerMinute: 100, clock });
    const reservation = await granted(limiter, demand(100));
    const waiting = watch(limiter.reserve(demand(50)));
    await turn();
    expect(waiting.state).toBe("pending");
    reservation.settle({ outcome: "ok", used: { tokens: 20 } });
    await turn();
    expect(waiting.state).toBe("fulfilled");
    expect(clock.now()).toBe(0);
  });

  it("P28 usage that is not a finite number stays as it was reserved", async () => {
    const clock = new FakeClock();
    const limiter = rateLimiter({ tokensPerMinute: 100, clock });
    (await granted(limiter, demand(60))).settle({ outcome: "ok", used: { tokens: Number.NaN } });
    expect(limiter.tryReserve?.(demand(41))).toBeUndefined();
    expect(limiter.tryReserve?.(demand(40))).toBeDefined();
  });
});

describe("what responses tell", () => {
  it("a limit with nothing left is obeyed until it is whole again", async () => {
    const clock = new FakeClock();
    const limiter = rateLimiter({ clock });
    const limits = { requests: { limit: 4, remaining: 0, resetMs: 30_000 } };
    (await granted(limiter, demand(1))).settle({ outcome: "ok", limits });
    expect(limiter.tryReserve?.(demand(1))).toBeUndefined();
    await clock.advance(30_000);
    expect(
      range(4)
        .map(() => limiter.tryReserve?.(demand(1)))
        .includes(undefined),
    ).toBe(false);
    expect(limiter.tryReserve?.(demand(1))).toBeUndefined();
  });

  it("what is left passes, and calls in flight count against it", async () => {
    const clock = new FakeClock();
    const limiter = rateLimiter({ clock });
    const first = await granted(limiter, demand(10));
    await granted(limiter, demand(10));
    first.settle({
      outcome: "ok",
      limits: { tokens: { limit: 1000, remaining: 50, resetMs: 57_000 } },
    });
    const passed = range(9).filter(() => limiter.tryReserve?.(demand(10)) !== undefined).length;
    expect(passed).toBeGreaterThanOrEqual(4);
    expect(passed).toBeLessThanOrEqual(5);
  });

  it("facts that are no sensible numbers are ignored", async () => {
    const clock = new FakeClock();
    const limiter = rateLimiter({ requestsPerMinute: 5, clock });
    const limits = {
      requests: { limit: Number.NaN, remaining: Number.NaN, resetMs: Number.NaN },
      tokens: { limit: -1, remaining: Number.NaN },
    };
    (await granted(limiter, demand(1))).settle({ outcome: "ok", limits });
    const passed = range(9).filter(() => limiter.tryReserve?.(demand(1)) !== undefined).length;
    expect(passed).toBe(4);
    await clock.advance(2 * MINUTE);
    expect(limiter.tryReserve?.(demand(1))).toBeDefined();
  });

  it("P29 a limit that the caller set is never raised by what a response tells", async () => {
    const clock = new FakeClock();
    const limiter = rateLimiter({ requestsPerMinute: 3, clock });
    const limits = { requests: { limit: 1000, remaining: 999, resetMs: 60 } };
    (await granted(limiter, demand(1))).settle({ outcome: "ok", limits });
    expect(range(9).filter(() => limiter.tryReserve?.(demand(1)) !== undefined)).toHaveLength(2);
  });

  it("P21 a refusal pauses everyone for as long as the provider asks", async () => {
    const clock = new FakeClock();
    const limiter = rateLimiter({ requestsPerMinute: 1000, clock });
    const [refused, other] = [await granted(limiter, demand(1)), await granted(limiter, demand(1))];
    refused.settle({ outcome: "limited", retryAfterMs: 5000 });
    const waiting = range(3).map((number) => watch(limiter.reserve(demand(1), { urgent: number === 0 })));
    await clock.advance(4999);
    other.settle({ outcome: "ok" });
    await turn();
    expect(waiting.every((each) => each.state === "pending")).toBe(true);
    expect(limiter.tryReserve?.(demand(1))).toBeUndefined();
    await clock.run(Promise.all(waiting.map(async (each) => (await each.promise).settle({ outcome: "ok" }))));
    expect(clock.now()).toBeGreaterThanOrEqual(5000);
    expect(clock.now()).toBeLessThanOrEqual(2 * MINUTE);
  });

  it("P21 after a refusal that tells nothing, a configured limit comes back evenly", async () => {
    const clock = new FakeClock();
    const limiter = rateLimiter({ inputsPerMinute: 600, clock });
    (await granted(limiter, demand(0, 1))).settle({ outcome: "limited", used: { inputs: 0 } });
    let passed = 0;
    for (let second = 1; second <= 60; second++) {
      await clock.advance(1000);
      for (let each = limiter.tryReserve?.(demand(0, 5)); each !== undefined;) {
        each.settle({ outcome: "ok" });
        passed += 5;
        each = limiter.tryReserve?.(demand(0, 5));
      }
      expect(passed).toBeLessThanOrEqual(10 * second);
    }
    expect(passed).toBeGreaterThan(550);
  });

  it("a shorter pause never cuts a longer one short", async () => {
    const clock = new FakeClock();
    const limiter = rateLimiter({ requestsPerMinute: 1000, clock });
    const [first, second] = [await granted(limiter, demand(1)), await granted(limiter, demand(1))];
    first.settle({ outcome: "limited", retryAfterMs: 50_000 });
    second.settle({ outcome: "limited", retryAfterMs: 10 });
    const waiting = watch(limiter.reserve(demand(1)));
    await clock.advance(49_999);
    expect(waiting.state).toBe("pending");
  });

  it("P21 P46 a refusal that names no wait slows everyone down: one call asks, and calls that pass speed up again", async () => {
    const clock = new FakeClock();
    const limiter = rateLimiter({ clock });
    const burst = (): Reservation[] =>
      range(64).flatMap(() => {
        const reservation = limiter.tryReserve?.(demand(1));
        return reservation === undefined ? [] : [reservation];
      });
    const [refused, ...others] = await Promise.all(range(16).map(() => granted(limiter, demand(1))));
    await clock.advance(10);
    refused?.settle({ outcome: "limited" });
    for (const each of others) each.settle({ outcome: "ok" });
    await clock.advance(500);
    const sizes: number[] = [];
    for (let second = 0; second < 40; second++) {
      const round = burst();
      for (const each of round) each.settle({ outcome: "ok" });
      sizes.push(round.length);
      await clock.advance(1000);
    }
    expect(sizes[0]).toBe(1);
    expect(sizes).toEqual(sizes.toSorted((left, right) => left - right));
    expect(sizes.at(-1)).toBeGreaterThanOrEqual(16);
  });

  it("with no limit known nothing waits", async () => {
    const clock = new FakeClock();
    const limiter = rateLimiter({ clock });
    const all: Watched<Reservation>[] = range(50).map(() => watch(limiter.reserve(demand(1_000_000))));
    await turn();
    expect(all.every((each) => each.state === "fulfilled")).toBe(true);
  });
});
