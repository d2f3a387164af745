import { expect, it } from "vitest";
import type { RateLimitFacts } from "../contract/rate-limiter.ts";
import { Limits } from "./limits.ts";
import type { Amounts } from "./reservation-stats.ts";
import { SlidingWindow } from "./sliding-window.ts";

const SEEN: Amounts = { requests: 0, inputs: 0, tokens: 0, inputTokens: 0, outputTokens: 0 };
/** Beginning of a call before which nothing had passed. */
const startAt = (at: number): Parameters<Limits["apply"]>[1] => ({ at, open: SEEN, spent: SEEN, refused: SEEN });

/** Limits to which a response has reported this, in a call that began and ended at 0. */
function reported(facts: RateLimitFacts, unseen: Amounts = SEEN): Limits {
  const limits = new Limits([]);
  limits.apply(facts, startAt(0), unseen, 0);
  return limits;
}

/** Milliseconds that so many requests wait for all of the limits. */
function waitMs(limits: Limits, amount: number, now: number = 0): number {
  return Math.max(...limits.all.map(([, allowance]) => allowance.waitMs(amount, now)));
}

it("knows what is configured, and no rate before anything is known", () => {
  const configured = [["requests", new SlidingWindow(3)]] as const;
  const limits = new Limits(configured);
  expect(limits.all).toEqual(configured);
  expect(limits.perMinute).toEqual({ requests: 3 });
  expect(limits.isReported).toBe(false);
  expect(new Limits([]).perMinute).toBeUndefined();
});

it("P29 a reported limit stands beside the configured one, and raises nothing", () => {
  const limits = new Limits([["requests", new SlidingWindow(3)]]);
  limits.apply({ requests: { limit: 600, remaining: 600 } }, startAt(0), SEEN, 0);
  expect(limits.all.map(([kind, { limit }]) => [kind, limit])).toEqual([
    ["requests", 3],
    ["requests", 600],
  ]);
  expect(limits.perMinute).toEqual({ requests: 3 });
  expect(limits.isReported).toBe(true);
});

it("P46 a limit that takes longer than a minute to be whole is a day's: of it nothing is to be had in a minute", () => {
  // Groq's headers: 1,000 requests a day, 86 s until the one that was used is back.
  // https://console.groq.com/docs/rate-limits
  const requests = { limit: 1000, remaining: 998, resetMs: 172_800 };
  const limits = reported({ requests, tokens: { limit: 6000, remaining: 5000, resetMs: 10_000 } });
  expect(limits.perMinute).toEqual({ requests: 0, tokens: 6000 });
  limits.apply({ requests: { ...requests, resetMs: 1000 } }, startAt(0), SEEN, 0);
  expect(limits.perMinute).toEqual({ requests: 0, tokens: 6000 });
});

it.for([
  ["OpenAI's: one of 500 is back in 120 ms", { limit: 500, remaining: 499, resetMs: 120 }, true],
  ["one of 10,000, in whole milliseconds", { limit: 10_000, remaining: 9999, resetMs: 6 }, true],
  ["one that has come back in part", { limit: 10_000, remaining: 9999, resetMs: 1 }, true],
  ["forty-one of 500", { limit: 500, remaining: 459, resetMs: 4873 }, true],
  ["Groq's: 30 of 14,400 a day", { limit: 14_400, remaining: 14_370, resetMs: 179_560 }, false],
  ["one of 14,400 a day", { limit: 14_400, remaining: 14_399, resetMs: 6000 }, false],
  ["a window that ends in 59 s", { limit: 500, remaining: 499, resetMs: 59_000 }, false],
  ["nothing that was used", { limit: 500, remaining: 500, resetMs: 0 }, false],
  ["no time", { limit: 500, remaining: 499 }, false],
  ["a time of 0", { limit: 500, remaining: 499, resetMs: 0 }, false],
] as const)("P46 P55 a limit on requests is sure to be a minute's by the time in which it fills: %s", (given) => {
  const [, requests, isMinute] = given;
  expect(reported({ requests }).isMinute).toBe(isMinute);
  // Groq's limit of tokens is a minute's, that of requests a day's.
  expect(reported({ tokens: requests }).isMinute).toBe(false);
});

it("each kind has its own limit, and its own rate", () => {
  const facts = { requests: { limit: 600 }, inputs: { limit: 60_000 }, tokens: { limit: 6_000_000 } };
  const limits = reported(facts);
  expect(limits.perMinute).toEqual({ requests: 600, inputs: 60_000, tokens: 6_000_000 });
  expect(limits.all.map(([kind, { limit }]) => [kind, limit])).toEqual([
    ["requests", 600],
    ["inputs", 60_000],
    ["tokens", 6_000_000],
  ]);
  limits.apply({ inputs: { limit: 6000 } }, startAt(0), SEEN, 0);
  expect(limits.perMinute).toEqual({ requests: 600, inputs: 6000, tokens: 6_000_000 });
});

it("a limit that changes takes the place of the one before", () => {
  const limits = reported({ requests: { limit: 600, remaining: 0 } });
  limits.apply({ requests: { limit: 60, remaining: 60 } }, startAt(0), SEEN, 0);
  expect(limits.all.map(([, { limit }]) => limit)).toEqual([60]);
  expect(waitMs(limits, 60)).toBe(0);
});

it("what is left passes, less what the response may not have counted", () => {
  const facts = { requests: { limit: 60, remaining: 10 } };
  expect(waitMs(reported(facts), 10)).toBe(0);
  expect(waitMs(reported(facts), 11)).toBe(1000);
  expect(waitMs(reported(facts, { ...SEEN, requests: 4 }), 6)).toBe(0);
  expect(waitMs(reported(facts, { ...SEEN, requests: 4 }), 7)).toBe(1000);
  expect(waitMs(reported(facts, { ...SEEN, tokens: 4 }), 10)).toBe(0);
});

it("a later response corrects the level, with what may have come back since its call began", () => {
  const limits = reported({ requests: { limit: 60, remaining: 60 } });
  limits.apply({ requests: { limit: 60, remaining: 10 } }, startAt(2000), SEEN, 7000);
  expect(waitMs(limits, 15, 7000)).toBe(0);
  expect(waitMs(limits, 16, 7000)).toBe(1000);
});

it("a response that names no limit speaks of the one that is known", () => {
  const limits = reported({ requests: { limit: 60, remaining: 60 } });
  limits.apply({ requests: { remaining: 0 } }, startAt(0), SEEN, 0);
  expect(waitMs(limits, 1)).toBe(1000);
});

it("a response that does not say what is left changes nothing that is known", () => {
  const limits = reported({ requests: { limit: 60, remaining: 5 } });
  limits.apply({ requests: { limit: 60, resetMs: 1 } }, startAt(0), SEEN, 0);
  expect(waitMs(limits, 5)).toBe(0);
  expect(waitMs(limits, 6)).toBe(1000);
});

it("more is not left than the limit holds", () => {
  const limits = reported({ requests: { limit: 60, remaining: 500 } });
  expect(limits.all[0]?.[1].shortestMs(61, 0)).toBe(1000);
});

it("the time until a limit is whole is believed where it is shorter than the limit's own", () => {
  expect(waitMs(reported({ requests: { limit: 60, remaining: 0, resetMs: 10_000 } }), 60)).toBe(10_000);
  expect(waitMs(reported({ requests: { limit: 60, remaining: 30, resetMs: 10_000 } }), 60)).toBe(10_000);
  expect(waitMs(reported({ requests: { limit: 60, remaining: 0, resetMs: -10_000 } }), 60)).toBe(60_000);
});

it.for([
  ["no limit", { remaining: 5 }],
  ["a limit of 0", { limit: 0, remaining: 5 }],
  ["a limit below 0", { limit: -60, remaining: 5 }],
  ["a limit that is not a number", { limit: Number.NaN, remaining: 5 }],
  ["a limit without an end", { limit: Infinity, remaining: 5 }],
] as const)("learns nothing from %s", ([, requests]) => {
  const limits = reported({ requests });
  expect(limits.all).toEqual([]);
  expect(limits.perMinute).toBeUndefined();
});

it.for([-1, Number.NaN, Infinity])("takes a rest of %d for none that was reported: all may be left", (remaining) => {
  expect(waitMs(reported({ requests: { limit: 60, remaining } }), 60)).toBe(0);
});
