import { type CallOptions, rateLimiter, type RateLimitFacts, runnable } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { expect, it } from "vitest";

const INPUT = 50_000;
const OUTPUT = 8000;

/**
 * Messages of Anthropic's API: input and output tokens a minute apart, what is read from the cache counts against neither.
 * https://platform.claude.com/docs/en/api/rate-limits
 */
class Messages {
  readonly #clock: FakeClock;
  readonly #cached: number;
  readonly #left = { inputTokens: INPUT, outputTokens: OUTPUT };
  #at = 0;
  refused = 0;

  constructor(clock: FakeClock, cached: number) {
    this.#clock = clock;
    this.#cached = cached;
  }

  readonly send = async (tokens: number, { report }: CallOptions): Promise<number> => {
    this.#refill();
    const counted = tokens - this.#cached;
    const isRefused = this.#left.inputTokens < counted || this.#left.outputTokens < 200;
    if (!isRefused) {
      this.#left.inputTokens -= counted;
      this.#left.outputTokens -= 200;
    }
    await new Promise<void>((resolve) => this.#clock.after(isRefused ? 20 : 400, resolve));
    report?.({ limits: this.#facts() });
    if (isRefused) {
      this.refused++;
      throw Object.assign(new Error("rate_limit_error"), { status: 429, retryAfterMs: 1000 });
    }
    const cache = { cachedInputTokens: this.#cached, uncountedInputTokens: this.#cached };
    report?.({ usage: { inputTokens: tokens, ...cache, outputTokens: 200 } });
    return tokens;
  };

  #facts(): RateLimitFacts {
    this.#refill();
    return {
      inputTokens: { limit: INPUT, remaining: this.#left.inputTokens },
      outputTokens: { limit: OUTPUT, remaining: this.#left.outputTokens },
    };
  }

  #refill(): void {
    const minutes = (this.#clock.now() - this.#at) / 60_000;
    this.#at = this.#clock.now();
    this.#left.inputTokens = Math.min(INPUT, this.#left.inputTokens + minutes * INPUT);
    this.#left.outputTokens = Math.min(OUTPUT, this.#left.outputTokens + minutes * OUTPUT);
  }
}

async function run(count: number, tokens: number, cached: number): Promise<{ ms: number; refused: number }> {
  const clock = new FakeClock();
  const messages = new Messages(clock, cached);
  const subject = runnable(messages.send, {
    maxConcurrency: 8,
    retry: { attempts: 6 },
    limiter: rateLimiter({ clock, concurrency: 8 }),
    weigh: (input) => ({ tokens: 4 * input, outputTokens: 1000 }),
  });
  const inputs = Array.from({ length: count }, () => tokens);
  expect(await clock.run(subject.batch(inputs, { clock, random: () => 0.5 }))).toEqual(inputs);
  return { ms: clock.now(), refused: messages.refused };
}

it("limits of input and output tokens are kept apart: the tighter one sets the pace, and neither refuses", async () => {
  // 40 calls' output is in the bucket, and the other 40 come at 40 a minute.
  const output = await run(80, 100, 0);
  expect(output).toMatchObject({ refused: 0 });
  expect(output.ms).toBeLessThan(1.1 * 60_000);
  expect(output.ms).toBeGreaterThan(58_000);
  // 25 calls' input is in the bucket, and the other 12 come at 25 a minute.
  const input = await run(37, 2000, 0);
  expect(input).toMatchObject({ refused: 0 });
  expect(input.ms).toBeLessThan(1.1 * 28_800);
});

it("input that is read from a cache keeps nothing waiting", async () => {
  const { ms, refused } = await run(37, 20_000, 19_900);
  expect(refused).toBe(0);
  expect(ms).toBeLessThan(10_000);
});

it("limits of a day hold besides those of a minute", async () => {
  const clock = new FakeClock();
  const limiter = rateLimiter({ clock, requestsPerMinute: 60, requestsPerDay: 100, outputTokensPerDay: 90 });
  const began: number[] = [];
  const subject = runnable(
    async (input: number) => {
      began.push(clock.now());
      return input;
    },
    { maxConcurrency: 5, limiter, weigh: () => ({ tokens: 1, outputTokens: 1 }) },
  );
  const running = subject.batch(
    Array.from({ length: 120 }, (_, index) => index),
    { clock },
  );
  await clock.run(running);
  const first = began.filter((at) => at < 86_400_000);
  // What answers report of their usage is not known: each has its output token.
  expect(first).toHaveLength(90);
  expect(began).toHaveLength(120);
  expect(began.at(-1)).toBeGreaterThanOrEqual(86_400_000);
  expect(limiter.perMinute).toMatchObject({ requests: 0, outputTokens: 0 });
});
