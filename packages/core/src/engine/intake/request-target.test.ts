import { FakeClock } from "@batchwise/testkit";
import { expect, it } from "vitest";
import { bulkRunnable } from "../../compose/functions.ts";
import type { CallOptions } from "../../contract/call.ts";
import type { RateLimitFacts } from "../../contract/rate-limiter.ts";
import type { RequestLimits } from "../../contract/runnable.ts";
import { rateLimiter } from "../../rate-limit/local-rate-limiter.ts";

interface Ways {
  readonly request?: RequestLimits;
  /** Limits that responses report. */
  readonly limits?: RateLimitFacts;
  /** Tokens of an input; undefined where nothing is weighed. */
  readonly tokens?: number;
  readonly msEach?: number;
}

/** Sizes of the requests of a batch, in the order of their inputs: of two that are sent at once, either may be the first. */
async function sizesOf(count: number, { request, limits, tokens, msEach = 0 }: Ways): Promise<number[]> {
  const clock = new FakeClock();
  const sizes = new Map<number, number>();
  const call = async (inputs: readonly number[], { report }: CallOptions): Promise<readonly number[]> => {
    sizes.set(inputs[0] as number, inputs.length);
    await new Promise<void>((resolve) => clock.after(80 + msEach * inputs.length, resolve));
    report?.({ limits });
    return inputs;
  };
  const subject = bulkRunnable<number, number>(call, {
    request: { maxInputs: 2000, size: "learned", ...request },
    maxConcurrency: 20,
    limiter: rateLimiter({ concurrency: 5, clock }),
    weigh: tokens === undefined ? undefined : () => ({ tokens }),
  });
  const inputs = Array.from({ length: count }, (_, index) => index);
  expect(await clock.run(subject.batch(inputs, { clock }))).toEqual(inputs);
  return [...sizes].toSorted(([left], [right]) => left - right).map(([, size]) => size);
}

const TOKENS = { tokens: { limit: 1e7, remaining: 1e7 } };

it("P55 10,000 tokens go first, then parts of them, then as many as answers stay quick", async () => {
  const sizes = await sizesOf(20_000, { tokens: 100, limits: TOKENS, msEach: 1 });
  expect(sizes.slice(0, 6)).toEqual([100, 25, 50, 25, 50, 100]);
  // 80 ms and 1 ms for each: the 243 ms of 163 are 2.3 times the 105 ms of 25.
  const usual = sizes.slice(20, -40);
  expect(usual.filter((size) => size === 163).length).toBeGreaterThan(0.8 * usual.length);
  // Now and then a small one keeps the shortest time known, and near the end none is to be waited for.
  expect(usual).toContain(40);
  expect(sizes.slice(-10).every((size) => size <= 81)).toBe(true);
});

it("P55 where an answer takes no longer for more, requests become as large as they may be", async () => {
  const limits = { tokens: { limit: 2e7, remaining: 2e7 } };
  const sizes = await sizesOf(60_000, { tokens: 100, limits });
  expect(Math.max(...sizes)).toBe(2000);
});

it("P55 with nothing weighed inputs are counted, of which 100 go first", async () => {
  const inputs = { inputs: { limit: 1e8, remaining: 1e8 } };
  const sizes = await sizesOf(20_000, { limits: inputs, msEach: 1 });
  expect(sizes.slice(0, 6)).toEqual([100, 25, 50, 25, 50, 100]);
});

it("P55 full requests are as large as they may be from the second one on", async () => {
  expect(await sizesOf(5000, { tokens: 100, limits: TOKENS, request: { size: "full" } })).toEqual([
    100, 2000, 2000, 900,
  ]);
});

it("P55 where few requests are allowed, all but the first are as large as they may be", async () => {
  const limits = { ...TOKENS, requests: { limit: 60, remaining: 50 } };
  expect(await sizesOf(5000, { tokens: 100, limits })).toEqual([100, 2000, 2000, 900]);
});
