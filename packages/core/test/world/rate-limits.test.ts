import { bulkRunnable, ProviderError, rateLimiter, runnable, sleep } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { describe, expect, it } from "vitest";
import { range } from "../regressions/held-backend.ts";
import { seededRandom } from "../latency/random.ts";
import { fixedWindow, type Gate, leakyBucket, LimitedServer, type Manners } from "./servers.ts";

interface Ran {
  readonly server: LimitedServer;
  readonly slots: readonly (number | Error)[];
  readonly seconds: number;
}

/** Sends so many inputs, five at a time unless told otherwise, with the retries of every adapter. */
async function send(
  count: number,
  gate: Gate,
  manners: Manners = {},
  maxConcurrency: number = 5,
  concurrency: number = maxConcurrency,
): Promise<Ran> {
  const clock = new FakeClock();
  const server = new LimitedServer(clock, gate, manners);
  const limiter = rateLimiter({ concurrency, clock });
  const subject = runnable(server.answer, { maxConcurrency, retry: { attempts: 6 }, limiter });
  const slots = await clock.run(subject.batch(range(count), { clock, returnExceptions: true, random: () => 0.5 }));
  return { server, slots, seconds: clock.now() / 1000 };
}

// Gemini's free tier: https://github.com/datalab-to/marker/issues/490.
describe("P43 a window of a minute", () => {
  it.for<[number, number]>([
    [16, 66],
    [60, 260],
  ])("%i prompts at 15 a minute are all answered", async ([count, most]) => {
    const { server, slots, seconds } = await send(count, fixedWindow(15, 60_000));
    expect(slots).toEqual(range(count));
    expect(server.refused).toBeLessThanOrEqual(count / 2 + 4);
    expect(seconds).toBeLessThan(most);
  });
});

// Voyage's keys without a payment method: 10,000 tokens a minute, so that larger requests are refused for ever, without a
// header that says so. https://docs.voyageai.com/docs/rate-limits
describe("P27 a limit that refuses large requests whatever is waited", () => {
  it.for([
    [300, 100, 40],
    [100, 100, 99],
    [1000, 128, 5],
    [8, 8, 1],
  ] as const)("%i inputs in requests of %i, of which %i pass", async ([count, maxInputs, most]) => {
    const clock = new FakeClock();
    let calls = 0;
    const subject = bulkRunnable<number, number>(
      async (inputs) => {
        calls++;
        await sleep(50, clock);
        if (inputs.length <= most) return inputs;
        throw new ProviderError("Too many.", { code: "rate_limited", status: 429, retryable: true });
      },
      {
        limiter: rateLimiter({ clock, concurrency: 5 }),
        maxConcurrency: 10,
        request: { maxInputs },
        retry: { attempts: 6 },
      },
    );
    const slots = await clock.run(subject.batch(range(count), { clock, returnExceptions: true, random: () => 0.5 }));
    expect(slots).toEqual(range(count));
    expect(calls).toBeLessThanOrEqual(4 * Math.ceil(count / most) + 40);
    expect(clock.now()).toBeLessThan(600_000);
  });
});

// https://github.com/github/copilot-cli/issues/3679: five retries within 0.15 s.
it.for([
  ["a window", fixedWindow(1, 1000)],
  ["a bucket", leakyBucket(1, 1)],
])("P44 one call a second in %s, and no wait that is worth the name: few are refused", async ([, gate]) => {
  const { server, slots, seconds } = await send(60, gate as Gate, { retryAfterMs: 0 });
  expect(slots).toEqual(range(60));
  expect(server.refused).toBeLessThan(15);
  expect(seconds).toBeLessThan(75);
});

// Groq reports the requests of a day: https://console.groq.com/docs/rate-limits (checked 2026-11-28).
describe("P46 a day's limit in the headers, and a minute's that is enforced", () => {
  const limits = { requests: { limit: 1000, remaining: 900 } };
  it.for([
    ["bucket", leakyBucket(30, 0.5), 150],
    ["window", fixedWindow(30, 60_000), 240],
  ] as const)(
    "of 100 chats all are answered, and under a fifth of the calls are refused, by a %s",
    async ([, gate, most]) => {
      const { server, slots, seconds } = await send(100, gate, { retryAfterMs: 2000, limits });
      expect(slots).toEqual(range(100));
      expect(server.refused / server.calls).toBeLessThan(0.2);
      expect(seconds).toBeLessThan(most);
    },
  );

  // OpenAI's adapter lets 256 be in flight, and five until a response has reported the limits.
  it.for([110, 300, 1000])("the same where 256 may be in flight and an answer takes %i ms", async (latencyMs) => {
    const manners = { retryAfterMs: 2000, limits, latencyMs };
    const { server, slots } = await send(100, leakyBucket(30, 0.5), manners, 256, 5);
    expect(slots).toEqual(range(100));
    expect(server.refused / server.calls).toBeLessThan(0.2);
  });

  // A model that is busy refuses whatever is sent: https://platform.openai.com/docs/guides/error-codes ("The engine is
  // currently overloaded"), https://docs.anthropic.com/en/api/errors (529), Groq's and OpenAI's flex tiers.
  it.for([
    [0.1, 100, 300],
    [0.2, 200, 300],
    [0.3, 200, 600],
    [0.5, 300, 900],
    [0.6, 400, 1200],
  ] as const)("a share of %d that is refused at any pace does not bring the run to a crawl", async (given) => {
    const [share, usual, most] = given;
    const times: number[] = [];
    for (let seed = 1; seed <= 10; seed++) {
      const random = seededRandom(seed);
      const { slots, seconds } = await send(300, () => random() >= share, { latencyMs: 1000 }, 16);
      expect(slots).toEqual(range(300));
      times.push(seconds);
    }
    // 25 s without refusals. A pace that follows each of them takes hours, and with a half of them weeks.
    times.sort((one, other) => one - other);
    expect(times[5]).toBeLessThan(usual);
    expect(times.at(-1)).toBeLessThan(most);
  });

  it.for([1, 5, 30])("nor does a tenth where %d calls a second are enforced, too", async (perSecond) => {
    const random = seededRandom(perSecond);
    const bucket = leakyBucket(6 * perSecond, perSecond);
    const count = 200 * perSecond;
    const { slots, seconds } = await send(count, (now) => random() >= 0.1 && bucket(now), { latencyMs: 500 }, 64);
    expect(slots).toEqual(range(count));
    expect(seconds).toBeLessThan(4 * 200);
  });

  it("the pace comes near what is enforced", async () => {
    const { server, slots, seconds } = await send(5000, leakyBucket(100, 100), {}, 50);
    expect(slots).toEqual(range(5000));
    expect(server.refused).toBeLessThan(100);
    expect(seconds).toBeLessThan(1.1 * 49);
  });
});

// Groq's words for a day's tokens are a wait of minutes, which each further refusal repeats.
describe("P45 a wait that each refusal asks for again is not obeyed without end", () => {
  it.for([7, 60, 346, 600])("%i seconds, after ten answers: the run ends within an hour", async (seconds) => {
    const clock = new FakeClock();
    let calls = 0;
    const subject = runnable<number, number>(
      async (input) => {
        await sleep(50, clock);
        if (calls++ < 10) return input;
        throw new ProviderError("later", {
          status: 429,
          code: "rate_limited",
          retryable: true,
          retryAfterMs: seconds * 1000,
        });
      },
      { limiter: rateLimiter({ clock }), maxConcurrency: 5, retry: { attempts: 6 } },
    );
    const slots = await clock.run(subject.batch(range(100), { clock, random: () => 0.5, returnExceptions: true }));
    expect(slots.filter((slot) => typeof slot === "number")).toHaveLength(10);
    expect(slots.at(-1)).toMatchObject({ code: "rate_limited" });
    expect(calls).toBeLessThan(100);
    expect(clock.now()).toBeLessThan(3_600_000);
  });

  it("a limit of fifteen minutes is waited for", async () => {
    const clock = new FakeClock();
    const subject = runnable<number, number>(
      async (input) => {
        await sleep(50, clock);
        if (clock.now() > 900_000) return input;
        throw new ProviderError("later", { status: 429, code: "rate_limited", retryable: true, retryAfterMs: 60_000 });
      },
      { limiter: rateLimiter({ clock }), maxConcurrency: 5, retry: { attempts: 6 } },
    );
    expect(await clock.run(subject.batch(range(20), { clock, random: () => 0.5 }))).toEqual(range(20));
  });
});
