import { bulkRunnable, type Demand, ProviderError, rateLimiter, runnable } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { describe, expect, it } from "vitest";
import { range } from "./held-backend.ts";
import { type Metered, MeteredProvider } from "./metered-provider.ts";

/** Numbers from 0 to 1 that are the same in every run. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Lengths of texts in tokens, lognormal: many short ones, few long ones. */
function lengths(count: number, random: () => number): number[] {
  return Array.from({ length: count }, () => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.min(8000, Math.max(1, Math.round(Math.exp(4.4 + 0.75 * normal))));
  });
}

const POISON = 0.5;
const isBad = (tokens: number): boolean => tokens % 1 === POISON;
const total = (texts: readonly number[]): number => texts.reduce((sum, each) => sum + each, 0);
const good = (texts: readonly number[]): number[] => texts.filter((each) => !isBad(each));

interface World {
  readonly clock: FakeClock;
  readonly provider: MeteredProvider;
  readonly random: () => number;
}

function world(seed: number, limits: Partial<Demand>, more: Partial<Metered> = {}): World {
  const clock = new FakeClock();
  const random = dice(seed);
  const latencyMs = (tokens: number): number => (60 + tokens / 1000) * (0.8 + 0.4 * random());
  const provider = new MeteredProvider({ clock, limits, fill: 0.02, latencyMs, isBad, ...more });
  return { clock, provider, random };
}

/** An adapter as ours are: weighs by an upper bound, and knows no limit before the first answer. */
async function embed({ clock, provider, random }: World, texts: readonly number[]): Promise<(number | Error)[]> {
  const subject = bulkRunnable(provider.answer, {
    limiter: rateLimiter({ clock, concurrency: 5 }),
    maxConcurrency: 64,
    weigh: (tokens: number) => ({ tokens: tokens * 4.2 }),
    request: { maxInputs: 2048, maxTokens: 300_000 },
    retry: { attempts: 6 },
  });
  return clock.run(subject.batch(texts, { clock, random, returnExceptions: true }));
}

const FULL = { requests: 3000, tokens: 20_000_000 };

describe("limits that nobody configured", () => {
  it.for([
    ["the limits of a usual account", FULL],
    ["a quarter of them", { requests: 750, tokens: 5_000_000 }],
  ] as const)("P29 50,000 texts take what %s allow, and nothing is refused", async ([, limits]) => {
    const here = world(1, limits);
    const texts = lengths(50_000, here.random);
    const outputs = await embed(here, texts);
    expect(outputs).toEqual(texts);
    expect(here.provider.refused).toBe(0);
    const bound = here.provider.shortestMs({ requests: 25, inputs: 0, tokens: total(texts) });
    expect(here.clock.now() / bound).toBeLessThan(1.03);
    expect(here.provider.calls).toBeLessThan(40);
  });

  it("P36 with one bad text in a thousand and one answer in a hundred a 503, no good one is lost and time is kept", async () => {
    const failures = dice(9);
    const here = world(2, FULL, { isDown: () => failures() < 0.01 });
    const texts = lengths(50_000, here.random).map((each) => (here.random() < 0.001 ? each + POISON : each));
    const outputs = await embed(here, texts);
    expect(outputs.filter((output) => !(output instanceof Error))).toEqual(good(texts));
    expect(outputs.filter((output) => output instanceof Error)).toHaveLength(texts.length - good(texts).length);
    expect(here.provider.refused).toBe(0);
    expect(here.provider.calls).toBeLessThanOrEqual(850);
    const bound = here.provider.shortestMs({ requests: 25, inputs: 0, tokens: total(good(texts)) });
    expect(here.clock.now() / bound).toBeLessThan(1.08);
  });

  it("P19 calls without a bulk: more than the five of the start, and no more at once than the limits have left", async () => {
    const { clock, provider, random } = world(3, { requests: 6000 }, { latencyMs: () => 20 + 380 * random() });
    const subject = runnable(async (input: number, options) => (await provider.answer([input], options))[0], {
      limiter: rateLimiter({ clock, concurrency: 5 }),
      maxConcurrency: 256,
      retry: { attempts: 6 },
    });
    await clock.run(subject.batch(range(2000), { clock, random }));
    expect(provider.calls).toBe(2000);
    expect(provider.refused).toBe(0);
    expect(provider.peak).toBeGreaterThan(15);
    // A fiftieth of a minute's is left at the start, and comes back at 100 a second.
    expect(provider.peak).toBeLessThan(120 + 40);
    const bound = provider.shortestMs({ requests: 2000, inputs: 0, tokens: 0 });
    expect(clock.now() / bound).toBeLessThan(1.04);
  });

  it("P19 where responses tell nothing, the start's five are in flight to the end", async () => {
    const { clock, provider, random } = world(4, { requests: 1e9 }, { tells: false });
    const subject = runnable(async (input: number, options) => (await provider.answer([input], options))[0], {
      limiter: rateLimiter({ clock, concurrency: 5 }),
      maxConcurrency: 256,
    });
    await clock.run(subject.batch(range(200), { clock, random }));
    expect(provider.peak).toBe(5);
  });

  it("a cap that the caller states holds instead of the start's five", async () => {
    const { clock, provider } = world(5, { requests: 1e9 }, { tells: false });
    const subject = runnable(async (input: number, options) => (await provider.answer([input], options))[0], {
      limiter: rateLimiter({ clock, concurrency: 5 }),
    });
    await clock.run(subject.batch(range(200), { clock, maxConcurrency: 20 }));
    expect(provider.peak).toBe(20);
  });

  it("the first request is a small one and goes alone", async () => {
    const here = world(6, FULL);
    await embed(
      here,
      range(1000).map(() => 100),
    );
    expect(here.provider.sizes[0]).toBeLessThan(50);
    expect(here.provider.sizes[1]).toBeGreaterThan(500);
  });

  it("10,000 documents of 1,000 characters go out in about 10 requests, packed by what answers say of their tokens", async () => {
    const here = world(7, { requests: 1e6, tokens: 1e12 });
    await embed(
      here,
      range(10_000).map(() => 250),
    );
    expect(here.provider.calls).toBeLessThanOrEqual(12);
  });

  it("a call inside of one that holds a reservation of the same limiter does not wait for its end", async () => {
    const { clock, provider } = world(8, { requests: 1e9 }, { tells: false });
    const limiter = rateLimiter({ clock, concurrency: 1 });
    const inner = runnable(async (input: number, options) => (await provider.answer([input], options))[0], {
      limiter,
    });
    const outer = runnable(async (input: number, options) => inner.batch([input, input], options), { limiter });
    // The third one waits for the first two, whose inner calls must not wait behind it.
    const outputs = await clock.run(outer.batch([1, 2, 3], { clock, maxConcurrency: 2 }));
    expect(outputs).toEqual([1, 2, 3].map((each) => [each, each]));
  });

  it.for(["authentication", "quota_exceeded", "invalid_argument"] as const)(
    "P24 a first call that fails with %s is the only one, whoever waits behind it",
    async (code) => {
      const clock = new FakeClock();
      let calls = 0;
      const subject = runnable(
        async (_input: number): Promise<number> => {
          calls++;
          throw new ProviderError("No.", { code, status: 400, retryable: false });
        },
        { limiter: rateLimiter({ clock, concurrency: 5 }), maxConcurrency: 8, retry: { attempts: 6 } },
      );
      const outputs = await clock.run(subject.batch(range(20), { clock, returnExceptions: true }));
      expect(outputs.every((output) => output instanceof Error)).toBe(true);
      expect(calls).toBe(1);
    },
  );

  it("estimate goes by what was learned", async () => {
    const { clock, provider } = world(10, FULL);
    const subject = bulkRunnable(provider.answer, {
      limiter: rateLimiter({ clock, concurrency: 5 }),
      weigh: (tokens: number) => ({ tokens: tokens * 4 }),
      request: { maxInputs: 2048, maxTokens: 300_000 },
    });
    const texts = range(400).map(() => 50);
    expect(subject.estimate(texts).tokens).toBe(80_000);
    await clock.run(subject.batch(texts, { clock }));
    expect(subject.estimate(texts).tokens).toBeLessThan(25_000);
    expect(subject.estimate(texts).tokens).toBeGreaterThanOrEqual(20_000);
  });
});
