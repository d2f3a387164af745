import { rateLimiter } from "@batchwise/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { postgresBackend, postgresRateLimiter, type QueueBackend } from "../index.ts";
import { startPostgres, type TestPostgres } from "../testing/postgres.ts";
import { type Counter, databaseCounter, type Grant, NOW } from "./counter.ts";
import { SLOT_MS } from "./take-sql.ts";

const LIMIT = { timeout: 60_000 };
const call = { requests: 1, inputs: 2, tokens: 30 };
const none = { corrections: [], pauseMs: 0 } as const;
let postgres: TestPostgres;
let backends: QueueBackend[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
  backends = [1, 2].map(() => postgresBackend({ url: postgres.url }));
  await Promise.all(backends.map((backend) => backend.open()));
}, 60_000);

afterAll(async () => {
  await Promise.all(backends.map((backend) => backend.close()));
  await postgres?.[Symbol.asyncDispose]();
}, 60_000);

function counters(name: string, requests: number, windowMs: number): Counter[] {
  return backends.map((backend) =>
    databaseCounter(backend, name, { requests, inputs: Infinity, tokens: 1000 }, windowMs),
  );
}

test(
  "P29 under many concurrent requests, no window of the database's clock holds more than the limit",
  LIMIT,
  async () => {
    const windowMs = 2 * SLOT_MS;
    const [one, two] = counters("together", 7, windowMs) as [Counter, Counter];
    const grants: Grant[] = [];
    await Promise.all(
      [one, two, one, two].map(async (counter) => {
        for (let each = 0; each < 40; each++) grants.push(await counter({ wanted: [call, call], ...none }));
      }),
    );
    const bySlot = new Map<number, number>();
    for (const { slot, granted } of grants) bySlot.set(slot, (bySlot.get(slot) ?? 0) + granted);
    const windows = [...bySlot.keys()].map((slot) =>
      [0, 1, 2].reduce((sum, back) => sum + (bySlot.get(slot - back) ?? 0), 0),
    );
    // Never more, and as many as possible: a slot may end in the middle of them.
    expect(Math.max(...windows)).toBe(7);
  },
);

test("grants the first calls that fit, and says when the next one can be granted", LIMIT, async () => {
  const [one, two] = counters("first", 3, 60_000) as [Counter, Counter];
  expect(await one({ wanted: [call, call], ...none })).toMatchObject({ granted: 2, waitMs: 0 });
  const { granted, waitMs } = await two({ wanted: [call, call], ...none });
  expect(granted).toBe(1);
  expect(waitMs).toBeGreaterThan(50_000);
  expect(waitMs).toBeLessThanOrEqual(60_000 + 2 * SLOT_MS);
});

test("P28 corrections count, those of a late beginning from now on", LIMIT, async () => {
  const [one] = counters("corrected", 1, 60_000) as [Counter];
  const { slot } = await one({ wanted: [call], ...none });
  expect(await one({ wanted: [call], ...none })).toMatchObject({ granted: 0 });
  const back = { slot, requests: -1, inputs: 0, tokens: 0 };
  expect(await one({ wanted: [call], corrections: [back], pauseMs: 0 })).toMatchObject({ granted: 1 });
  const late = { slot: NOW, requests: 1, inputs: 0, tokens: 0 };
  expect(await one({ wanted: [call], corrections: [back, late], pauseMs: 0 })).toMatchObject({ granted: 0 });
});

test("P27 a call beyond the limit is granted alone, and a pause holds for all", LIMIT, async () => {
  const [one, two] = counters("heavy", 10, 60_000) as [Counter, Counter];
  const heavy = { requests: 1, inputs: 1, tokens: 5000 };
  expect(await one({ wanted: [heavy, call], ...none })).toMatchObject({ granted: 1 });
  const [other, another] = counters("paused", 10, 60_000) as [Counter, Counter];
  await other({ wanted: [], corrections: [], pauseMs: 30_000 });
  const { granted, waitMs } = await another({ wanted: [call], ...none });
  expect(granted).toBe(0);
  expect(waitMs).toBeGreaterThan(20_000);
  expect(await two({ wanted: [], ...none })).toMatchObject({ granted: 0, waitMs: 0 });
});

test("P46 a refusal that the limits do not explain spaces the calls of all evenly, by what passed", LIMIT, async () => {
  const [one, two] = counters("paced", 1000, 60_000) as [Counter, Counter];
  const few = { requests: 1, inputs: 0, tokens: 0 };
  const calls = (count: number): (typeof few)[] => Array.from({ length: count }, () => few);
  const { slot } = await one({ wanted: calls(60), ...none });
  expect(await two({ wanted: [few], ...none, refused: slot })).toMatchObject({ granted: 1 });
  // 80 % of 60 in a window of a minute: one in 1.25 s.
  const { granted, waitMs } = await one({ wanted: calls(5), ...none });
  expect(granted).toBe(0);
  expect(waitMs).toBeGreaterThan(500);
  expect(waitMs).toBeLessThan(1260);
  // Another refusal of a call that was granted before is the same one.
  await two({ wanted: [], ...none, refused: slot });
  expect((await one({ wanted: [few], ...none })).waitMs).toBeLessThan(1260);
});

test("P46 calls that are free go without the pace, and within the limits all the same", LIMIT, async () => {
  const [one, two] = counters("free", 10, 60_000) as [Counter, Counter];
  const few = { requests: 1, inputs: 0, tokens: 0 };
  const { slot } = await one({ wanted: [few, few], ...none });
  await one({ wanted: [few], ...none, refused: slot });
  expect(await two({ wanted: [few, few], ...none })).toMatchObject({ granted: 0 });
  expect(await two({ wanted: Array.from({ length: 9 }, () => few), ...none, isFree: true })).toMatchObject({
    granted: 7,
  });
});

test("postgresRateLimiter grants calls, and refuses wrong limits", LIMIT, async () => {
  const limiter = postgresRateLimiter(backends[0]!, "mine", { requestsPerMinute: 5 });
  const reservation = await limiter.reserve(call);
  reservation.begin?.();
  reservation.settle({ outcome: "ok" });
  const limits = [{}, { requestsPerMinute: 0 }, { requestsPerMinutes: 3 }, { tokensPerMinute: "many" }];
  for (const wrong of limits)
    expect(() => postgresRateLimiter(backends[0]!, "mine", wrong as never)).toThrow(/^Expected .*(limit|PerMinute)/);
  expect(() => postgresRateLimiter(rateLimiter() as never, "mine", { requestsPerMinute: 5 })).toThrow(
    "Expected `backend` to be",
  );
});
