import { expect, test } from "vitest";

import { Pool } from "./pool.ts";

test("what is not limited passes", () => {
  const pool = new Pool("model", {}, { fill: 0, countRefused: true }, 0);
  expect(pool.takeRequest(0)).toBeUndefined();
  expect(pool.takeWork({ tokens: 1e9, inputs: 1e9 }, 0)).toBeUndefined();
  expect(pool.states(0)).toEqual({});
});

test("a refusal has the limit, what was used and asked for, and when it would pass", () => {
  const pool = new Pool("model", { requests: 2, tokens: 600 }, { fill: 1, countRefused: true }, 0);
  pool.takeRequest(0);
  expect(pool.takeWork({ tokens: 500, inputs: 1 }, 0)).toBeUndefined();
  expect(pool.takeWork({ tokens: 200, inputs: 1 }, 0)).toEqual({
    kind: "tokens",
    per: "minute",
    limit: 600,
    used: 500,
    requested: 200,
    waitMs: 10_000,
  });
  pool.takeRequest(0);
  expect(pool.takeRequest(0)).toMatchObject({ kind: "requests", limit: 2, used: 2, requested: 1, waitMs: 30_000 });
});

test("a request's work passes completely or not at all", () => {
  const pool = new Pool("embed", { tokens: 100, inputs: 10 }, { fill: 1, countRefused: true }, 0);
  expect(pool.takeWork({ tokens: 50, inputs: 11 }, 0)?.kind).toBe("inputs");
  expect(pool.states(0)["tokens"]?.remaining).toBe(100);
  expect(pool.takeWork({ tokens: 101, inputs: 1 }, 0)?.kind).toBe("tokens");
  expect(pool.states(0)["inputs"]?.remaining).toBe(10);
});

test("a refused request counts: a client that resends without a pause never gets through", () => {
  const strict = new Pool("model", { requests: 60 }, { fill: 0, countRefused: true }, 0);
  const lenient = new Pool("model", { requests: 60 }, { fill: 0, countRefused: false }, 0);
  const passes = (pool: Pool): number => {
    let passed = 0;
    for (let at = 0; at < 60_000; at += 300) if (pool.takeRequest(at) === undefined) passed++;
    return passed;
  };
  expect(passes(strict)).toBe(0);
  expect(passes(lenient)).toBe(59);
  expect(strict.takeRequest(61_000)).toBeUndefined();
});

test("use is measured until the last request", () => {
  const pool = new Pool("model", { requests: 60, tokens: 600 }, { fill: 0, countRefused: true }, 0);
  pool.takeRequest(30_000);
  pool.takeWork({ tokens: 150, inputs: 1 }, 30_000);
  expect(pool.use()).toEqual({ requests: 1 / 30, tokens: 0.5 });
});

test("one request a second, thirty a minute and a day's: each refuses, and the day's is reported", () => {
  const ways = { fill: 1, countRefused: false };
  const pool = new Pool("model", { requestsPerSecond: 1, requests: 3, requestsPerDay: 4 }, ways, 0);
  expect(pool.takeRequest(0)).toBeUndefined();
  expect(pool.takeRequest(999)).toMatchObject({ per: "second", waitMs: 1 });
  expect(pool.takeRequest(1000)).toBeUndefined();
  expect(pool.takeRequest(2000)).toBeUndefined();
  expect(pool.takeRequest(3000)).toMatchObject({ per: "minute" });
  expect(pool.takeRequest(60_000)).toBeUndefined();
  expect(pool.takeRequest(120_000)).toMatchObject({ per: "day", limit: 4 });
  expect(pool.states(120_000)["requests"]).toMatchObject({ limit: 4, remaining: 0 });
  expect(new Pool("model", { requestsPerSecond: 1 }, ways, 0).states(0)).toEqual({});
});

test("fixed windows let two minutes' worth pass around the turn of the minute", () => {
  const pool = new Pool("model", { requests: 15 }, { fill: 1, countRefused: true, fixedWindows: true }, 0);
  const passed = [59_999, 60_000].map(
    (at) => Array.from({ length: 20 }, () => pool.takeRequest(at)).filter((hit) => hit === undefined).length,
  );
  expect(passed).toEqual([15, 15]);
});
