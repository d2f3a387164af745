import { FakeClock } from "@batchwise/testkit";
import { expect, it } from "vitest";
import type { Demand, RateLimiter } from "../contract/rate-limiter.ts";
import { range, turn, watch } from "../../test/regressions/held-backend.ts";
import { rateLimiter } from "./local-rate-limiter.ts";

const CALL: Demand = { requests: 1, inputs: 1, tokens: 100 };
const passes = (limiter: RateLimiter): number =>
  range(50).filter(() => limiter.tryReserve?.(CALL) !== undefined).length;

it.for([
  [{ requestsPerMinute: 0 }, "Expected `requestsPerMinute` to be a number above 0, got 0."],
  [{ tokensPerMinute: Number.NaN }, "Expected `tokensPerMinute` to be a number above 0, got NaN."],
  [{ inputsPerMinute: "9" }, "Expected `inputsPerMinute` to be a number above 0, got a string."],
  [{ concurrency: 1.5 }, "Expected `concurrency` to be a whole number from 1, or Infinity, got 1.5."],
  [{ clock: Date }, "Expected `clock` to be a Clock with now() and after(), got a function."],
  [{ requestPerMinute: 5 }, "Expected only known options, got `requestPerMinute`."],
] as const)("refuses %o", ([options, message]) => {
  expect(() => rateLimiter(options as object)).toThrow(message);
});

it("P29 a call that waited for a permit counts from its start", async () => {
  const clock = new FakeClock();
  const limiter = rateLimiter({ requestsPerMinute: 1, clock });
  const reservation = await limiter.reserve(CALL);
  await clock.advance(30_000);
  reservation.begin?.();
  expect(limiter.waitMs?.(CALL)).toBe(60_000);
});

it("probes with one call alone, whatever the cap of its caller, until one has answered", async () => {
  const clock = new FakeClock();
  const limiter = rateLimiter({ concurrency: 3, clock });
  expect(limiter.probing).toBe(true);
  const probe = limiter.tryReserve?.(CALL, { concurrency: 9 });
  expect(limiter.tryReserve?.(CALL, { concurrency: 9 })).toBeUndefined();
  const second = watch(limiter.reserve(CALL));
  const third = watch(limiter.reserve(CALL));
  probe?.settle({ outcome: "failed" });
  await turn();
  expect([limiter.probing, second.state, third.state]).toEqual([true, "fulfilled", "pending"]);
  second.value?.settle({ outcome: "ok" });
  await turn();
  expect([limiter.probing, third.state]).toEqual([false, "fulfilled"]);
  expect(passes(limiter)).toBe(2);
});

it.for([
  [true, {}],
  [true, { requests: { limit: 0 } }],
  [false, { requests: { limit: 60 } }],
] as const)("goes on probing: %s, after a failure that reports %o", async ([probing, limits]) => {
  const limiter = rateLimiter({ concurrency: 3, clock: new FakeClock() });
  (await limiter.reserve(CALL)).settle({ outcome: "failed", limits });
  expect(limiter.probing).toBe(probing);
});

it("tells what the known limits let pass in a minute", () => {
  expect(rateLimiter().perMinute).toBeUndefined();
  const limiter = rateLimiter({ requestsPerMinute: 60 });
  expect(limiter.perMinute).toEqual({ requests: 60 });
  limiter.tryReserve?.(CALL)?.settle({ outcome: "ok", limits: { requests: { limit: 30 }, tokens: { limit: 9000 } } });
  expect(limiter.perMinute).toEqual({ requests: 30, tokens: 9000 });
});

it("a limiter without options lets everything pass, on the machine's own clock", () => {
  const limiter = rateLimiter();
  expect([limiter.probing, limiter.waitMs?.(CALL), limiter.shortestMs?.(CALL)]).toEqual([false, 0, undefined]);
  expect(passes(limiter)).toBe(50);
});

it("a caller's own cap holds for its calls", () => {
  const limiter = rateLimiter({ clock: new FakeClock() });
  expect(range(2).map(() => limiter.tryReserve?.(CALL, { concurrency: 2 }))).not.toContain(undefined);
  expect(limiter.tryReserve?.(CALL, { concurrency: 2 })).toBeUndefined();
  expect(limiter.tryReserve?.(CALL)).toBeDefined();
});

it("P14 a call inside of one that is in flight needs no room, and goes ahead of those that wait for it", async () => {
  const limiter = rateLimiter({ concurrency: 1, clock: new FakeClock() });
  const outer = await limiter.reserve(CALL);
  const waiting = watch(limiter.reserve(CALL));
  expect(limiter.tryReserve?.(CALL, { nested: true })).toBeDefined();
  const nested = watch(limiter.reserve(CALL, { nested: true }));
  await turn();
  expect([nested.state, waiting.state]).toEqual(["fulfilled", "pending"]);
  outer.settle({ outcome: "ok" });
});

it("P14 nested calls pass the rates like any other", async () => {
  const clock = new FakeClock();
  const limiter = rateLimiter({ requestsPerMinute: 1, clock });
  await limiter.reserve(CALL);
  expect(limiter.tryReserve?.(CALL, { nested: true })).toBeUndefined();
  await clock.run(limiter.reserve(CALL, { nested: true }));
  expect(clock.now()).toBe(60_000);
});

it("the end of a call lets in those that wait for room, one for one", async () => {
  const limiter = rateLimiter({ concurrency: 1, clock: new FakeClock() });
  (await limiter.reserve(CALL)).settle({ outcome: "ok" });
  const first = await limiter.reserve(CALL);
  const waiting = range(2).map(() => watch(limiter.reserve(CALL)));
  first.settle({ outcome: "failed" });
  first.settle({ outcome: "failed" });
  await turn();
  expect(waiting.map(({ state }) => state)).toEqual(["fulfilled", "pending"]);
});

it("settles in the provider's words: size and latency of calls set how many are in flight", async () => {
  const clock = new FakeClock();
  const limiter = rateLimiter({ concurrency: 1, clock });
  await clock.advance(7000);
  const tokens = { limit: 60_000, remaining: 60_000 };
  for (let call = 0; call < 7; call++) {
    const reservation = await limiter.reserve(CALL);
    await clock.advance(1000);
    reservation.settle({ outcome: "ok", used: { tokens: 500 }, limits: { tokens } });
  }
  expect(passes(limiter)).toBe(4);
});

const REPORTED = { outcome: "ok", limits: { tokens: { limit: 6000, remaining: 500 } } } as const;

it("what a response says is left may not hold what is in flight", async () => {
  const limiter = rateLimiter({ clock: new FakeClock() });
  const [first] = [await limiter.reserve(CALL), await limiter.reserve(CALL)];
  first?.settle(REPORTED);
  expect(passes(limiter)).toBe(4);
});

it("what a response says is left holds what ended before its call, or before that began", async () => {
  const limiter = rateLimiter({ clock: new FakeClock() });
  (await limiter.reserve(CALL)).settle({ outcome: "ok" });
  const [late, other] = [await limiter.reserve(CALL), await limiter.reserve(CALL)];
  other?.settle({ outcome: "ok" });
  late?.begin?.();
  late?.settle(REPORTED);
  expect(passes(limiter)).toBe(5);
});

it("a refusal that says what is left is believed: nothing else is taken for used up", async () => {
  const clock = new FakeClock();
  const limiter = rateLimiter({ requestsPerMinute: 60, clock });
  const limits = { tokens: { limit: 6000, remaining: 6000 } };
  (await limiter.reserve(CALL)).settle({ outcome: "limited", limits, retryAfterMs: 5000 });
  expect([limiter.waitMs?.(CALL), limiter.shortestMs?.(CALL)]).toEqual([5000, 5000]);
  await clock.advance(5000);
  expect(limiter.waitMs?.({ ...CALL, requests: 59 })).toBe(0);
});

it("P21 the refusals of calls that were in flight together use a limit up once", async () => {
  const clock = new FakeClock();
  const limiter = rateLimiter({ requestsPerMinute: 60, clock });
  const [first, second, third] = await Promise.all(range(3).map(() => limiter.reserve(CALL)));
  await clock.advance(1000);
  first?.settle({ outcome: "limited" });
  await clock.advance(30_000);
  const free = limiter.waitMs?.({ ...CALL, requests: 20 });
  second?.settle({ outcome: "limited" });
  third?.settle({ outcome: "limited" });
  expect([free, limiter.waitMs?.({ ...CALL, requests: 20 })]).toEqual([0, 500]);
});

it("one timer is armed for all that wait, and none for nothing", async () => {
  const clock = new FakeClock();
  const limiter = rateLimiter({ requestsPerMinute: 1, clock });
  await limiter.reserve(CALL);
  const controller = new AbortController();
  const waiting = range(3).map(() => watch(limiter.reserve(CALL, { signal: controller.signal })));
  expect([clock.pending, clock.nextInMs]).toEqual([1, 60_000]);
  controller.abort(new Error("enough"));
  await turn();
  expect(waiting.map(({ state }) => state)).toEqual(["rejected", "rejected", "rejected"]);
  expect(clock.pending).toBe(0);
});
