import { FakeClock } from "@batchwise/testkit";
import { expect, test } from "vitest";
import { runnable } from "../../compose/functions.ts";
import type { CallOptions } from "../../contract/call.ts";
import { sleep } from "../../contract/clock.ts";
import { ProviderError, TimeoutError } from "../../contract/errors.ts";
import type { RateLimiter } from "../../contract/rate-limiter.ts";
import type { Runnable } from "../../runnable.ts";
import { rateLimiter } from "../../rate-limit/local-rate-limiter.ts";

const FREE = { settle: () => undefined };

// Cohere's rerank: lists that are too long for one call pass the limiter freely, and their parts wait for it.
test("P8 a retry that waits for a permit leaves the limiter to the batches inside of calls that hold one", async () => {
  const clock = new FakeClock();
  const limiter = rateLimiter({ concurrency: 1, clock });
  const forLists: RateLimiter = {
    reserve: (demand, options) => (demand.tokens === 0 ? Promise.resolve(FREE) : limiter.reserve(demand, options)),
    tryReserve: (demand, options) => (demand.tokens === 0 ? FREE : limiter.tryReserve?.(demand, options)),
  };
  let calls = 0;
  const call = async (): Promise<number> => {
    if (calls++ < 2) throw new ProviderError("busy", { status: 503, retryable: true });
    await new Promise<void>((resolve) => clock.after(100, resolve));
    return 1;
  };
  const part = runnable(call, { limiter, maxConcurrency: 2 });
  const lists = runnable(
    async (parts: number, options: CallOptions) =>
      parts === 1 ? call() : (await part.batch(Array.from({ length: parts }), { ...options, clock })).length,
    {
      limiter: forLists,
      maxConcurrency: 2,
      retry: { attempts: 6 },
      weigh: (parts) => ({ tokens: parts === 1 ? 1 : 0 }),
    },
  );
  const inputs = [1, 1, 2, 2, 2, 2, 2, 2, 2, 1];
  expect(await clock.run(lists.batch(inputs, { clock }))).toEqual(inputs);
  expect(clock.now()).toBeLessThan(60_000);
});

// A Cohere trial key allows 10 reranks a minute, and a long list takes several.
test("P42 batches on one limiter, of which some get nothing through for minutes, wait while others do", async () => {
  const clock = new FakeClock();
  const limiter = rateLimiter({ clock });
  let open = 0;
  for (let minute = 0; minute < 60; minute++) clock.after(minute * 60_000, () => (open = 3));
  const part = runnable(
    async (): Promise<number> => {
      await new Promise<void>((resolve) => clock.after(100, resolve));
      if (open-- > 0) return 1;
      throw new ProviderError("later", { status: 429, code: "rate_limited", retryable: true });
    },
    { limiter, retry: { attempts: 6 } },
  );
  const lists = runnable(
    async (parts: number, options: CallOptions) =>
      (await part.batch(Array.from({ length: parts }), { ...options, clock })).length,
    { maxConcurrency: 20 },
  );
  const inputs = Array.from({ length: 12 }, () => 3);
  expect(await clock.run(lists.batch(inputs, { clock, returnExceptions: true }))).toEqual(inputs);
});

/** Lists of parts of 100 ms on one limiter, with 1 s for each list: all that counts for it are calls. */
function lists(limiter: RateLimiter, clock: FakeClock, partMs: (part: number) => number): Runnable<number, number> {
  const part = runnable(
    async (index: number, { signal }: CallOptions) => {
      await sleep(partMs(index), clock, signal);
      return index;
    },
    { limiter },
  );
  return runnable(
    async (parts: number, options: CallOptions) =>
      (await part.batch([...Array(parts).keys()], { ...options, clock })).length,
    { timeoutMs: 1000, retry: { attempts: 1, outageMs: 0 } },
  );
}

// Cohere's trial keys: 10 reranks a minute, so that a list of 9 parts waits for most of a minute.
test("P13 what a call waits for the limits inside of it does not count against its time", async () => {
  const clock = new FakeClock();
  const limiter = rateLimiter({ requestsPerMinute: 10, clock });
  const slots = await clock.run(lists(limiter, clock, () => 100).batch([9, 9, 9], { clock, returnExceptions: true }));
  expect(slots).toEqual([9, 9, 9]);
  expect(clock.now()).toBeGreaterThan(120_000);
});

test("P13 a part that does not end does, whatever others wait for", async () => {
  const clock = new FakeClock();
  const limiter = rateLimiter({ requestsPerMinute: 10, clock });
  const hanging = lists(limiter, clock, (part) => (part === 0 ? 1e9 : 100));
  const [slot] = await clock.run(hanging.batch([9], { clock, returnExceptions: true }));
  expect(slot).toBeInstanceOf(TimeoutError);
  expect(clock.now()).toBeLessThan(2000);
});
