import { type CallOptions, ProviderError, rateLimiter, runnable } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { describe, expect, it } from "vitest";
import { noise, seededRandom } from "../latency/random.ts";
import { range } from "../regressions/held-backend.ts";
import { fixedWindow, type Gate } from "./servers.ts";

const PER_MINUTE = 500;
const COUNT = 500;

interface Ran {
  readonly outputs: readonly unknown[];
  readonly ms: number;
  /** Share of the calls that were refused. */
  readonly refused: number;
}

/**
 * Chats on a server whose headers tell of a bucket that fills within a minute. It refuses within 20 ms what its gate does
 * not let pass, and answers the others after `latencyMs`, more or less.
 */
async function send(count: number, latencyMs: number, gate: Gate, tells: boolean = true): Promise<Ran> {
  const clock = new FakeClock();
  const random = seededRandom(latencyMs);
  let [left, at, calls, refused] = [PER_MINUTE, 0, 0, 0];
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => clock.after(ms, resolve));
  const subject = runnable(
    async (input: number, { report }: CallOptions) => {
      calls++;
      const now = clock.now();
      left = Math.min(PER_MINUTE, left + ((now - at) * PER_MINUTE) / 60_000);
      at = now;
      const isLet = gate(now) && left >= 1;
      if (isLet) left--;
      const remaining = Math.floor(left);
      const resetMs = Math.ceil(((PER_MINUTE - remaining) / PER_MINUTE) * 60_000);
      await sleep(isLet ? Math.min(4, Math.max(0.2, noise(random, 0.4))) * latencyMs : 20);
      if (tells) report?.({ limits: { requests: { limit: PER_MINUTE, remaining, resetMs } } });
      if (isLet) return input;
      refused++;
      throw new ProviderError("Later.", { code: "rate_limited", status: 429, retryable: true, retryAfterMs: 1000 });
    },
    { limiter: rateLimiter({ clock, concurrency: 5 }), maxConcurrency: tells ? 256 : 64, retry: { attempts: 6 } },
  );
  const options = { clock, random, returnExceptions: true as const, ...(tells ? {} : { maxConcurrency: 64 }) };
  const outputs = await clock.run(subject.batch(range(count), options));
  return { outputs, ms: clock.now(), refused: refused / calls };
}

// Azure evaluates requests over 1 or 10 seconds: 500 a minute, the seventh in 3 seconds is refused.
// https://learn.microsoft.com/en-us/answers/questions/1336515, https://learn.microsoft.com/en-gb/answers/questions/2283452
describe.for([
  ["a second", 1000],
  ["ten seconds", 10_000],
] as const)("P46 P55 a minute's limit that is enforced each %s", ([, windowMs]) => {
  it.for([300, 1000, 5000, 15_000].flatMap((each) => [true, false].map((tells) => [each, tells] as const)))(
    "where a call takes %i ms and headers tell of it (%s): no chat is lost, and little time",
    async ([latencyMs, tells]) => {
      const gate = fixedWindow(Math.floor((PER_MINUTE * windowMs) / 60_000), windowMs);
      const { outputs, ms, refused } = await send(COUNT, latencyMs, gate, tells);
      expect(outputs).toEqual(range(COUNT));
      const boundMs = Math.max(60_000, tells ? 0 : (COUNT / 64) * latencyMs) + 2 * latencyMs;
      // Up to 24 times as long, and chats that were lost, when every refusal waited for all that was in flight.
      expect(ms / boundMs).toBeLessThan(2.5);
      expect(refused).toBeLessThan(0.2);
    },
  );
});

// OpenAI's headers: 500 a minute, 499 left, whole again in 120 ms. https://developers.openai.com/api/docs/guides/rate-limits
it.for([110, 1000, 5000])(
  "P55 chats for which the limits leave room go out within a few answers' time of %i ms",
  async (latencyMs) => {
    const { outputs, ms, refused } = await send(100, latencyMs, () => true);
    expect(outputs).toEqual(range(100));
    expect(refused).toBe(0);
    // The first alone, three rounds or three seconds, and the slowest of a hundred answers.
    expect(ms).toBeLessThan(Math.min(3 * latencyMs, 3000) + 4.5 * latencyMs);
  },
);

// What had been refused by a limit counted as bad in the outage, so that no outage was seen.
it("P42 an outage after refusals by a limit is one: few calls, and few timers", async () => {
  const clock = new FakeClock();
  let [timers, calls, second, last] = [0, 0, -1, 0];
  const counting = {
    now: () => clock.now(),
    after: (ms: number, callback: () => void) => {
      timers++;
      return clock.after(ms, callback);
    },
  };
  const subject = runnable(
    async (input: number) => {
      calls++;
      await new Promise<void>((resolve) => clock.after(20, resolve));
      const now = clock.now();
      if (now > 18_000 && now < 88_000) throw Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
      if (Math.floor(now / 1000) === second)
        throw new ProviderError("Later.", { code: "rate_limited", status: 429, retryable: true });
      second = Math.floor(now / 1000);
      last = now;
      return input;
    },
    { limiter: rateLimiter({ clock: counting }), maxConcurrency: 46, retry: { attempts: 15 } },
  );
  const outputs = await clock.run(
    subject.batch(range(46), { clock: counting, random: () => 0.5, returnExceptions: true }),
  );
  expect(outputs).toEqual(range(46));
  expect(last).toBeLessThan(240_000);
  expect(calls).toBeLessThan(46 * 5);
  expect(timers).toBeLessThan(2000);
});
