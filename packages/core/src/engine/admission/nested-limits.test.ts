import { FakeClock } from "@batchwise/testkit";
import { expect, test } from "vitest";
import { runnable } from "../../compose/functions.ts";
import type { CallOptions } from "../../contract/call.ts";
import { ProviderError } from "../../contract/errors.ts";
import type { RateLimiter } from "../../contract/rate-limiter.ts";
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
