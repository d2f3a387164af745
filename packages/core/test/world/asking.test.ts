import { ProviderError, rateLimiter, runnable } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { expect, it } from "vitest";
import { range } from "../regressions/held-backend.ts";

/** Good inputs of 180 that get an error where others time out and a few calls are refused by a limit. */
async function lost(seed: number, refusedShare: number): Promise<number> {
  const clock = new FakeClock();
  let state = seed * 7919 + 1;
  const dice = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const isSlow = (input: number): boolean => input % 10 === 9;
  const work = runnable(
    async (input: number) => {
      if (dice() < refusedShare) {
        throw new ProviderError("later", { status: 429, code: "rate_limited", retryable: true });
      }
      if (isSlow(input)) await new Promise(() => undefined);
      return input;
    },
    { limiter: rateLimiter({ clock }), maxConcurrency: 5, retry: { attempts: 6 }, timeoutMs: 60_000 },
  );
  const slots = await clock.run(work.batch(range(200), { clock, random: () => 0.5, returnExceptions: true }));
  return slots.filter((slot, index) => slot instanceof Error && !isSlow(index)).length;
}

it.for([0.01, 0.02, 0.05])(
  "P42 P43 good inputs are sent though some always time out and %d of the calls is refused",
  async (share) => {
    for (const seed of range(20)) expect(await lost(seed, share)).toBe(0);
  },
);
