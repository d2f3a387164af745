import { bulkRunnable, ProviderError, rateLimiter, sleep } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { describe, expect, it } from "vitest";
import { range } from "../regressions/held-backend.ts";

const WINDOW_MS = 60_000;

/** Inputs, inputs in a request, and inputs that the server takes in a minute. */
const LIMITS = [
  [143, 2048, 100],
  [300, 2048, 100],
  [300, 100, 100],
  [1000, 250, 100],
  [3000, 2048, 1500],
] as const;

/**
 * Gemini's endpoint counts each text of a request by its limit of requests, 100 a minute without a payment method: one
 * request of 143 is refused whatever is waited (https://github.com/garrytan/gbrain/pull/1922).
 */
describe.for([true, false])("P43 where each input counts, and it is told how long to wait (%s)", (tells) => {
  it.for(LIMITS)("of %i inputs in requests of %i on a limit of %i a minute none is lost", async (limits) => {
    const [count, maxInputs, perWindow] = limits;
    const clock = new FakeClock();
    let [used, window, calls] = [0, 0, 0];
    const subject = bulkRunnable<number, number>(
      async (inputs, { signal }) => {
        calls++;
        const now = clock.now();
        const current = Math.floor(now / WINDOW_MS);
        if (current !== window) used = 0;
        window = current;
        const isLet = used + inputs.length <= perWindow;
        if (isLet) used += inputs.length;
        await sleep(isLet ? 300 : 50, clock, signal);
        if (isLet) return inputs;
        const retryAfterMs = tells ? (current + 1) * WINDOW_MS - now : undefined;
        throw new ProviderError("Later.", { code: "rate_limited", status: 429, retryable: true, retryAfterMs });
      },
      { maxConcurrency: 5, request: { maxInputs }, retry: { attempts: 6 }, limiter: rateLimiter({ clock }) },
    );
    const slots = await clock.run(subject.batch(range(count), { clock, random: () => 0.5, returnExceptions: true }));
    expect(slots).toEqual(range(count));
    const leastMs = (Math.ceil(count / perWindow) - 1) * WINDOW_MS;
    expect(clock.now()).toBeLessThanOrEqual(2 * leastMs + 4 * WINDOW_MS);
    expect(calls).toBeLessThanOrEqual(150);
  });
});
