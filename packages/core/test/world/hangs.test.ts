import {
  bulkRunnable,
  type CallOptions,
  ProviderError,
  type RateLimitFacts,
  rateLimiter,
  runnable,
  sleep,
} from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { describe, expect, it } from "vitest";
import { range } from "../regressions/held-backend.ts";

const HOUR_MS = 3_600_000;

interface Hanging {
  /** Inputs that are never answered. */
  readonly hangs: (input: number) => boolean;
  /** Calls that begin in any second, at most; others are refused. */
  readonly perSecond?: number;
  readonly limits?: RateLimitFacts;
  readonly concurrency?: number;
  readonly maxConcurrency?: number;
  readonly answerMs?: number;
  readonly timeoutMs?: number;
}

interface Ended {
  /** Milliseconds until the last good input was answered. */
  readonly answeredAt: number;
  readonly most: number;
  readonly answered: number;
  readonly calls: number;
}

/** 100 inputs, each of which may take ten minutes. */
async function run(hanging: Hanging): Promise<Ended> {
  const {
    hangs,
    perSecond = Infinity,
    limits,
    concurrency = 5,
    maxConcurrency = 64,
    answerMs = 100,
    timeoutMs = 600_000,
  } = hanging;
  const clock = new FakeClock();
  const begun: number[] = [];
  let inFlight = 0;
  let most = 0;
  let answeredAt = 0;
  const subject = runnable<number, number>(
    async (input, { report, signal }: CallOptions) => {
      if (begun.filter((at) => at > clock.now() - 1000).length >= perSecond) {
        throw new ProviderError("later", { status: 429, code: "rate_limited", retryable: true });
      }
      begun.push(clock.now());
      most = Math.max(most, ++inFlight);
      try {
        await sleep(hangs(input) ? HOUR_MS : answerMs, clock, signal);
        answeredAt = clock.now();
        if (limits !== undefined) report?.({ limits });
        return input;
      } finally {
        inFlight--;
      }
    },
    { timeoutMs, maxConcurrency, retry: { attempts: 2 }, limiter: rateLimiter({ clock, concurrency }) },
  );
  const slots = await clock.run(subject.batch(range(100), { clock, random: () => 0.5, returnExceptions: true }));
  return { answeredAt, most, answered: slots.filter((slot) => typeof slot === "number").length, calls: begun.length };
}

// ollama/ollama#2805, #8274: a prompt that is answered without end, while others are in seconds.
describe("P42 what hangs, as its input may make it, is not waited for", () => {
  it("the first call, which asks for the limits", async () => {
    const limits = { requests: { limit: 6000, remaining: 6000, resetMs: 10 } };
    const { answeredAt, answered } = await run({ hangs: (input) => input === 0, limits });
    expect([answered, answeredAt < 60_000]).toEqual([99, true]);
  });

  it("calls where refusals have taught that one in flight is enough", async () => {
    const { answeredAt, answered } = await run({ hangs: (input) => input % 30 === 0, perSecond: 1 });
    expect([answered, answeredAt < 600_000]).toEqual([96, true]);
  });

  it("calls that are as many as reported limits carry", async () => {
    const limits = { requests: { limit: 600, remaining: 600, resetMs: 100 } };
    const { answeredAt, answered } = await run({ hangs: (input) => input >= 10 && input < 20, limits });
    expect([answered, answeredAt < 600_000]).toEqual([90, true]);
  });

  it("no more are in flight than a cap allows, whatever hangs", async () => {
    const { answered, most } = await run({ hangs: (input) => input < 3, maxConcurrency: 2 });
    expect([answered, most]).toEqual([97, 2]);
  });

  it("answers of a minute are slow, and do not hang", async () => {
    const { answered, most } = await run({ hangs: () => false, perSecond: 1, concurrency: 1, answerMs: 60_000 });
    expect([answered, most]).toEqual([100, 1]);
  });

  it("the first four, which say nothing of the others", async () => {
    const { answered } = await run({ hangs: (input) => input < 4, maxConcurrency: 1, timeoutMs: 60_000 });
    expect(answered).toBe(96);
  });

  it("all of them: the run ends, and does not ask for each", async () => {
    const { answered, calls } = await run({ hangs: () => true });
    expect([answered, calls <= 20]).toEqual([0, true]);
  });
});

// ollama/ollama#1458, #1863: calls are accepted, and nothing is ever answered. vllm-project/vllm#17972: from some call on.
describe.for([0, 1])("P42 a server that answers nothing after %i calls ends the run", (answered) => {
  it.for(
    [1000, 30_000, 600_000].flatMap((timeoutMs) =>
      [4, 20, 300, 1000].flatMap((count) => [2048, 10].map((maxInputs) => [timeoutMs, count, maxInputs] as const)),
    ),
  )("with a time-out of %i ms, %i inputs, at most %i in a request", async ([timeoutMs, count, maxInputs]) => {
    const clock = new FakeClock();
    let calls = 0;
    const subject = bulkRunnable<number, number>(
      async (inputs, { signal }) => {
        await sleep(calls++ < answered ? 100 : Infinity, clock, signal);
        return inputs;
      },
      { maxConcurrency: 5, request: { maxInputs }, retry: { attempts: 6 }, limiter: rateLimiter({ clock }), timeoutMs },
    );
    const slots = await clock.run(subject.batch(range(count), { clock, random: () => 0.5, returnExceptions: true }));
    expect(slots.filter((slot) => typeof slot === "number")).toHaveLength(answered * Math.min(count, maxInputs));
    // The bound, and as many time-outs as halve the largest request and then ask single inputs.
    expect(clock.now()).toBeLessThanOrEqual((answered === 0 ? 120_000 : 900_000) + 20_000 + 14 * timeoutMs);
    expect(calls).toBeLessThanOrEqual(timeoutMs === 1000 ? 550 : 200);
  });
});
