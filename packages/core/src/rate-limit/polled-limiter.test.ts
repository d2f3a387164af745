import { FakeClock } from "@batchwise/testkit";
import { expect, it, vi } from "vitest";
import { range, turn, watch } from "../../test/regressions/held-backend.ts";
import type { Demand } from "../contract/rate-limiter.ts";
import { rateLimiter } from "./local-rate-limiter.ts";

// What runs on workerd itself is tested in test/workerd of this repository; here is what a clock shows.
vi.hoisted(() => vi.stubGlobal("navigator", { userAgent: "Cloudflare-Workers" }));

const CALL: Demand = { requests: 1, inputs: 1, tokens: 100 };

it("each call that waits has a timer of its own", async () => {
  const clock = new FakeClock();
  const limiter = rateLimiter({ requestsPerMinute: 2, clock });
  for (const reservation of await Promise.all([limiter.reserve(CALL), limiter.reserve(CALL)])) {
    reservation.settle({ outcome: "ok" });
  }
  await clock.advance(1000);
  const waiting = range(3).map(() => watch(limiter.reserve(CALL)));
  await turn();
  expect(clock.pending).toBe(3);
  await clock.advance(58_000);
  expect(waiting.map(({ state }) => state)).toEqual(["pending", "pending", "pending"]);
  await clock.advance(2000);
  expect(waiting.map(({ state }) => state)).toEqual(["fulfilled", "fulfilled", "pending"]);
  await clock.advance(60_000);
  expect(waiting.map(({ state }) => state)).toEqual(["fulfilled", "fulfilled", "fulfilled"]);
});

it("the end of a call wakes no other: one that waits for room looks for itself, a few moments later", async () => {
  const clock = new FakeClock();
  const limiter = rateLimiter({ concurrency: 1, clock });
  const first = await limiter.reserve(CALL);
  const second = watch(limiter.reserve(CALL));
  await clock.advance(100_000);
  first.settle({ outcome: "ok" });
  await turn();
  expect(second.state).toBe("pending");
  await clock.advance(20);
  expect(second.state).toBe("fulfilled");
  expect(limiter.probing).toBe(false);
});

// better-auth/better-auth#10315: what a request was about to tell is never told once its client has gone.
it("a call whose request is gone, and its timers with it, holds no room after three seconds", async () => {
  const clock = new FakeClock();
  let isGone = false;
  const gone = {
    now: () => clock.now(),
    after: (ms: number, run: () => void) => clock.after(ms, () => isGone || run()),
  };
  const limiter = rateLimiter({ concurrency: 1, tokensPerMinute: 150, clock: gone });
  const first = await limiter.reserve(CALL);
  await clock.advance(10_000);
  expect(limiter.tryReserve?.(CALL)).toBeUndefined();
  isGone = true;
  await clock.advance(2500);
  isGone = false;
  const second = watch(limiter.reserve({ ...CALL, tokens: 50 }));
  await clock.advance(400);
  expect(second.state).toBe("pending");
  await clock.advance(1000);
  expect(second.state).toBe("fulfilled");
  // What it told after all is nothing new, and its tokens stay taken.
  first.settle({ outcome: "ok" });
  expect([limiter.probing, limiter.shortestMs?.(CALL)]).toEqual([true, 46_100]);
});

it("a call that has been answered leaves no timer, and one that begins late is told of", async () => {
  const clock = new FakeClock();
  const limiter = rateLimiter({ requestsPerMinute: 1, clock });
  const reservation = await limiter.reserve(CALL);
  await clock.advance(30_000);
  reservation.begin?.();
  reservation.settle({ outcome: "unavailable" });
  await clock.advance(1000);
  expect([clock.pending, limiter.outage, limiter.waitMs?.(CALL)]).toEqual([0, undefined, 59_000]);
});

it("gives up waiting with the signal's reason, at once", async () => {
  const clock = new FakeClock();
  const limiter = rateLimiter({ requestsPerMinute: 1, clock });
  (await limiter.reserve(CALL)).settle({ outcome: "ok" });
  await clock.advance(1000);
  const controller = new AbortController();
  const waiting = watch(limiter.reserve(CALL, { signal: controller.signal }));
  await turn();
  controller.abort(new Error("enough"));
  await turn();
  expect([waiting.state, clock.pending]).toEqual(["rejected", 0]);
  await expect(rateLimiter({ clock }).reserve(CALL, { signal: controller.signal })).rejects.toThrow("enough");
});
