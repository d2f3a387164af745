import { expect, test } from "vitest";

import { Pool } from "./pool.ts";

test("what is not limited passes", () => {
  const pool = new Pool("model", {}, 0, true, 0);
  expect(pool.takeRequest(0)).toBeUndefined();
  expect(pool.takeWork({ tokens: 1e9, inputs: 1e9 }, 0)).toBeUndefined();
  expect(pool.states(0)).toEqual({});
});

test("a refusal has the limit, what was used and asked for, and when it would pass", () => {
  const pool = new Pool("model", { requests: 2, tokens: 600 }, 1, true, 0);
  pool.takeRequest(0);
  expect(pool.takeWork({ tokens: 500, inputs: 1 }, 0)).toBeUndefined();
  expect(pool.takeWork({ tokens: 200, inputs: 1 }, 0)).toEqual({
    kind: "tokens",
    limit: 600,
    used: 500,
    requested: 200,
    waitMs: 10_000,
  });
  pool.takeRequest(0);
  expect(pool.takeRequest(0)).toEqual({ kind: "requests", limit: 2, used: 2, requested: 1, waitMs: 30_000 });
});

test("a request's work passes completely or not at all", () => {
  const pool = new Pool("embed", { tokens: 100, inputs: 10 }, 1, true, 0);
  expect(pool.takeWork({ tokens: 50, inputs: 11 }, 0)?.kind).toBe("inputs");
  expect(pool.states(0)["tokens"]?.remaining).toBe(100);
  expect(pool.takeWork({ tokens: 101, inputs: 1 }, 0)?.kind).toBe("tokens");
  expect(pool.states(0)["inputs"]?.remaining).toBe(10);
});

test("a refused request counts: a client that resends without a pause never gets through", () => {
  const strict = new Pool("model", { requests: 60 }, 0, true, 0);
  const lenient = new Pool("model", { requests: 60 }, 0, false, 0);
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
  const pool = new Pool("model", { requests: 60, tokens: 600 }, 0, true, 0);
  pool.takeRequest(30_000);
  pool.takeWork({ tokens: 150, inputs: 1 }, 30_000);
  expect(pool.use()).toEqual({ requests: 1 / 30, tokens: 0.5 });
});
