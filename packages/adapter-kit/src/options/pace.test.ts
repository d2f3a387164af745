import { ArgumentError, rateLimiter } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { expect, test } from "vitest";
import { type PaceOptions, paceSettings } from "./pace.ts";

const USUAL = { owner: "host key", pool: "pace-test", maxConcurrency: 5, timeoutMs: 1000 };
const settings = (options: Parameters<typeof paceSettings>[0], more: object = {}) =>
  paceSettings(options, { ...USUAL, ...more });

test("what the adapter knows holds where the caller says nothing else", () => {
  expect(settings({})).toMatchObject({ maxConcurrency: 5, timeoutMs: 1000, retry: { attempts: 6 } });
  const own: PaceOptions = { maxConcurrency: 2, timeoutMs: 3, retry: false, limiter: rateLimiter() };
  expect(settings(own)).toEqual(own);
});

test("Runnables of one key and pool share a limiter, unless their limits differ", () => {
  const { limiter } = settings({});
  expect(settings({}).limiter).toBe(limiter);
  expect(settings({}, { pool: "another" }).limiter).not.toBe(limiter);
  expect(settings({}, { owner: "another key" }).limiter).not.toBe(limiter);
  expect(settings({ requestsPerMinute: 10 }).limiter).not.toBe(limiter);
});

test.for(["requestsPerMinute", "tokensPerMinute", "inputsPerMinute"])(
  "%s reaches the limiter, over what is known",
  (name) => {
    const clock = new FakeClock();
    const { limiter } = settings({ [name]: 1, clock }, { limits: { [name]: 100 } });
    const demand = { requests: 1, inputs: 1, tokens: 1 };
    expect(limiter.tryReserve?.(demand)).toBeDefined();
    expect(limiter.tryReserve?.(demand)).toBeUndefined();
  },
);

test("a limiter and limits a minute exclude each other", () => {
  const both = { limiter: rateLimiter(), tokensPerMinute: 5 };
  expect(() => settings(both)).toThrow(ArgumentError);
  expect(() => settings(both)).toThrow("Expected either `limiter` or `tokensPerMinute`, got both.");
});
