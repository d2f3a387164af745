import { expect, test } from "vitest";
import { boundMs, leastRequests } from "./bound.ts";
import type { Workload } from "./workload.ts";
import { workloads } from "./workloads.ts";

const { embed, chat } = workloads;

test("tokens decide when they are the tightest: what the fill lacks, at the rate, and one fastest answer", () => {
  // 5.4 M tokens, of which 0.4 M are there at the start; the rest comes in at a third of a million a second.
  const bound = boundMs(embed, { inputs: 50_000, tokens: 5_400_000 });
  expect(bound).toBeCloseTo(15_000 + 48, 6);
});

test("requests decide when they are the tightest", () => {
  // 2,000 requests, of which 120 are there at the start; the rest comes in at 100 a second.
  expect(boundMs(chat, { inputs: 2000, tokens: 1000 })).toBeCloseTo(18_800 + 20, 6);
});

test("work that the fill covers takes one answer", () => {
  expect(boundMs(embed, { inputs: 10, tokens: 1000 })).toBe(48);
});

test("a quarter of the limits takes four times as long, fill and all", () => {
  const demand = { inputs: 50_000, tokens: 5_400_000 };
  expect(boundMs(workloads.throttled, demand) - 48).toBeCloseTo(63_600, 6);
});

test("the fewest requests: by inputs, by tokens, or one a prompt", () => {
  expect(leastRequests(embed, { inputs: 2049, tokens: 10 })).toBe(2);
  expect(leastRequests(embed, { inputs: 10, tokens: 300_001 })).toBe(2);
  expect(leastRequests(chat, { inputs: 10, tokens: 300_001 })).toBe(10);
});

test("latency without jitter is answered after its base at the soonest", () => {
  const steady: Workload = { ...embed, latency: { baseMs: 60, perThousandTokensMs: 1, jitter: 0 } };
  expect(boundMs(steady, { inputs: 1, tokens: 1 })).toBe(60);
});

test("an answer in forty is faster than the fastest of a lognormal latency", () => {
  const { E10 } = workloads;
  expect(boundMs(E10, { inputs: 1, tokens: 1 })).toBeCloseTo(80 * Math.exp(-0.5), 6);
  // 4.5 M tokens, of which two seconds' worth are there at the start.
  expect(boundMs(E10, { inputs: 50_000, tokens: 4_500_000 })).toBeCloseTo(11_500 + 80 * Math.exp(-0.5), 6);
});

test("a server of one's own takes the time of its full speed, and may take small requests only", () => {
  const { queue, slots, max413 } = workloads;
  expect(boundMs(queue, { inputs: 1, tokens: 3_000_000 })).toBe(60_000);
  expect(boundMs(slots, { inputs: 1, tokens: 40_000 })).toBe(1000);
  expect(leastRequests(max413, { inputs: 129, tokens: 10 })).toBe(3);
});
