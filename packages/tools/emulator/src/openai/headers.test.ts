import { describe, expect, test } from "vitest";

import { Dice } from "../dice.ts";
import { Pool } from "../limits/pool.ts";
import { formatReset, limitHeaders, retryHeaders } from "./headers.ts";

describe("resets as OpenAI writes them", () => {
  test.each([
    [0, "0s"],
    [0.2, "1ms"],
    [20, "20ms"],
    [999, "999ms"],
    [1000, "1s"],
    [8640, "8.64s"],
    [59_999.4, "1m0s"],
    [60_000, "1m0s"],
    [360_000, "6m0s"],
    [61_500, "1m1.5s"],
    [3_600_000, "1h0m0s"],
    [5_400_250, "1h30m0.25s"],
  ])("%d ms is %s", (ms, text) => {
    expect(formatReset(ms)).toBe(text);
  });
});

test("every limit has three headers", () => {
  const pool = new Pool("model", { requests: 3000, tokens: 600_000 }, { fill: 1, countRefused: true }, 0);
  pool.takeRequest(0);
  pool.takeWork({ tokens: 5, inputs: 1 }, 0);
  expect(limitHeaders(pool, "openai", 0, new Dice(1, 1))).toEqual({
    "x-ratelimit-limit-requests": "3000",
    "x-ratelimit-remaining-requests": "2999",
    "x-ratelimit-reset-requests": "20ms",
    "x-ratelimit-limit-tokens": "600000",
    "x-ratelimit-remaining-tokens": "599995",
    "x-ratelimit-reset-tokens": "1ms",
  });
  expect(limitHeaders(pool, "none", 0, new Dice(1, 1))).toEqual({});
  expect(limitHeaders(undefined, "openai", 0, new Dice(1, 1))).toEqual({});
});

test("Azure sends whole seconds, and now and then -1 or 0", () => {
  const pool = new Pool("model", { requests: 60, tokens: 60 }, { fill: 0.5, countRefused: true }, 0);
  const resets = Array.from({ length: 200 }, (_, number) => {
    const headers = limitHeaders(pool, "azure", 0, new Dice(1, number));
    expect(headers["x-ratelimit-remaining-requests"]).toBe("30");
    return headers["x-ratelimit-reset-requests"];
  });
  expect(new Set(resets)).toEqual(new Set(["30", "-1", "0"]));
  expect(resets.filter((reset) => reset === "30").length).toBeGreaterThan(100);
});

test("P22 the time to wait in a 429", () => {
  expect(retryHeaders(1500, "seconds")).toEqual({ "retry-after": "2" });
  expect(retryHeaders(1500, "ms")).toEqual({ "retry-after": "2", "retry-after-ms": "1500" });
  expect(retryHeaders(1500, undefined)).toEqual({ "retry-after": "2", "retry-after-ms": "1500" });
  expect(retryHeaders(1500, "none")).toEqual({});
  expect(retryHeaders(0.3, "ms")).toEqual({ "retry-after": "1", "retry-after-ms": "1" });
  expect(retryHeaders(Infinity, "ms")).toEqual({});
});
