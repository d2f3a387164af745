import { type RateLimiter, rateLimiter } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { expect, test } from "vitest";
import { limiterWith } from "./limiter-with.ts";

const ONE = { requests: 1, inputs: 1, tokens: 1 };

test("a limiter with ways of its own is the other one in all else", async () => {
  const clock = new FakeClock();
  const inner = rateLimiter({ clock, requestsPerMinute: 2 });
  const own: Partial<RateLimiter> = { tryReserve: () => undefined };
  const limiter = limiterWith(inner, own);
  expect(limiter.tryReserve?.(ONE)).toBeUndefined();
  const reservation = await limiter.reserve(ONE);
  expect(limiter.waitMs?.({ ...ONE, requests: 2 })).toBe(60_000);
  expect(limiter.shortestMs?.(ONE)).toBe(inner.shortestMs?.(ONE));
  expect([limiter.probing, limiter.outage]).toEqual([inner.probing, undefined]);
  for (const each of [reservation, await inner.reserve(ONE)]) each.settle({ outcome: "unavailable" });
  expect(limiter.outage).toEqual({ since: 0, until: 500 });
});
