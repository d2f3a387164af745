import { expect, test } from "vitest";

import { Dice } from "./dice.ts";
import { latencyMs, refusalMs } from "./latency.ts";
import type { Latency } from "./options.ts";

const sample = (latency: Latency, tokens: number): number[] =>
  Array.from({ length: 4000 }, (_, number) => latencyMs(latency, tokens, new Dice(1, number)));
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

test("no time by default", () => {
  expect(latencyMs({}, 5000, new Dice(1, 1))).toBe(0);
  expect(refusalMs({})).toBe(0);
});

test("a base, and a part for every thousand tokens", () => {
  expect(latencyMs({ baseMs: 20, perThousandTokensMs: 4 }, 2500, new Dice(1, 1))).toBe(30);
});

test("uniform jitter stays within its bounds, around the same mean", () => {
  const values = sample({ baseMs: 100, jitter: 0.2 }, 0);
  expect(Math.min(...values)).toBeGreaterThanOrEqual(80);
  expect(Math.max(...values)).toBeLessThanOrEqual(120);
  expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan(39);
  expect(Math.abs(mean(values) - 100)).toBeLessThan(1);
});

test("lognormal jitter has a tail, around the same mean", () => {
  const values = sample({ baseMs: 100, jitter: 0.5, distribution: "lognormal" }, 0);
  expect(Math.min(...values)).toBeGreaterThan(0);
  expect(Math.max(...values)).toBeGreaterThan(250);
  expect(Math.abs(mean(values) - 100)).toBeLessThan(3);
});

test("anything between two bounds", () => {
  const values = sample({ minMs: 200, maxMs: 1000 }, 99_999);
  expect(Math.min(...values)).toBeGreaterThanOrEqual(200);
  expect(Math.max(...values)).toBeLessThanOrEqual(1000);
  expect(Math.abs(mean(values) - 600)).toBeLessThan(12);
});

test("a refusal takes half of the least time", () => {
  expect(refusalMs({ baseMs: 40, jitter: 1 })).toBe(20);
  expect(refusalMs({ minMs: 200, maxMs: 1000 })).toBe(100);
});
