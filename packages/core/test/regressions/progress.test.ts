import {
  bulkRunnable,
  type CallOptions,
  type FinishReport,
  type Progress,
  ProviderError,
  type RateLimiter,
  rateLimiter,
  type RequestEvent,
  type Reservation,
  type RetryEvent,
  runnable,
} from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { describe, expect, it } from "vitest";
import { HeldBackend, range, reasonOf, turn, watch } from "./held-backend.ts";

/** A Runnable whose calls take `ms` on `clock` and use ten tokens each. */
const steady = (clock: FakeClock, ms: number): ReturnType<typeof runnable<number, number>> =>
  runnable(async (input: number, options: CallOptions) => {
    await new Promise<void>((resolve) => clock.after(ms, resolve));
    options.report?.({
      usage: { inputTokens: 4, outputTokens: 6, cost: 0.25 },
      requestId: `request-${input}`,
    });
    if (input === 3) throw new ProviderError("Refused.", { retryable: false, status: 400 });
    return input;
  });

describe("onProgress", () => {
  it("counts outcomes, failures, requests, usage and pace, and foresees the end", async () => {
    const clock = new FakeClock();
    const seen: Progress[] = [];
    await clock.run(
      steady(clock, 300).batch(range(10), {
        clock,
        returnExceptions: true,
        onProgress: (progress) => seen.push(progress),
      }),
    );
    expect(seen[0]?.done).toBe(1);
    const fifth = seen.find((progress) => progress.done === 5);
    expect(fifth).toMatchObject({
      failed: 1,
      total: 10,
      requests: 5,
      retries: 0,
      waitingForLimits: false,
    });
    expect(fifth?.elapsedMs).toBe(1500);
    expect(fifth?.itemsPerSecond).toBeCloseTo(5 / 1.5);
    expect(fifth?.remainingMs).toBeCloseTo(1500);
    expect(fifth?.usage).toEqual({
      inputTokens: 20,
      cachedInputTokens: 0,
      outputTokens: 30,
      totalTokens: 50,
      cost: 1.25,
    });
    expect(seen.at(-1)).toMatchObject({
      done: 10,
      failed: 1,
      total: 10,
      inFlight: 0,
      remainingMs: 0,
    });
  });

  it("comes at the first outcome, at most once an interval, and at the end", async () => {
    const clock = new FakeClock();
    const seen: Progress[] = [];
    await clock.run(
      steady(clock, 10).batch(range(100), {
        clock,
        returnExceptions: true,
        progressIntervalMs: 250,
        onProgress: (progress) => seen.push(progress),
      }),
    );
    expect(seen[0]?.done).toBe(1);
    expect(seen.at(-1)?.done).toBe(100);
    for (const [index, progress] of seen.slice(1, -1).entries()) {
      expect(progress.elapsedMs - (seen[index]?.elapsedMs ?? 0)).toBeGreaterThanOrEqual(250);
    }
    expect(seen.length).toBeGreaterThanOrEqual(4);
    expect(seen.length).toBeLessThanOrEqual(6);
  });

  it("leaves the total out while a lazy source has not ended", async () => {
    const clock = new FakeClock();
    const seen: Progress[] = [];
    async function* source(): AsyncGenerator<number> {
      yield* range(3);
    }
    const options = { clock, returnExceptions: true, progressIntervalMs: 0 };
    await clock.run(
      steady(clock, 10).batch(source(), {
        ...options,
        onProgress: (progress) => seen.push(progress),
      }),
    );
    expect(seen[0]).toMatchObject({ done: 1, total: undefined, remainingMs: undefined });
    expect(seen.at(-1)).toMatchObject({ done: 3, total: 3 });
  });

  it("counts retries, and says when it waits for a limit", async () => {
    const clock = new FakeClock();
    const waiting: (() => void)[] = [];
    let reserved = 0;
    const reservation: Reservation = { settle: () => {} };
    const limiter: RateLimiter = {
      reserve: () => {
        reserved += 1;
        return reserved <= 2
          ? Promise.resolve(reservation)
          : new Promise((resolve) => waiting.push(() => resolve(reservation)));
      },
    };
    const backend = new HeldBackend<number, number>();
    const seen: Progress[] = [];
    const running = watch(
      runnable(backend.call, { limiter, maxConcurrency: 2 }).batch(range(3), {
        clock,
        progressIntervalMs: 0,
        onProgress: (progress) => seen.push(progress),
      }),
    );
    await turn();
    await clock.advance(10);
    backend.at(0).answer(0);
    await clock.advance(10);
    backend.at(1).answer(1);
    await clock.advance(10);
    expect(seen.at(-1)).toMatchObject({ done: 2, waitingForLimits: true });
    waiting[0]?.();
    await turn();
    backend.at(2).answer(2);
    await clock.advance(10);
    expect(running.state).toBe("fulfilled");
    expect(seen.at(-1)).toMatchObject({ done: 3, waitingForLimits: false });
  });

  it("counts a retried call as one more request and one retry", async () => {
    const clock = new FakeClock();
    const seen: Progress[] = [];
    let calls = 0;
    const subject = runnable(async (input: number) => {
      calls += 1;
      if (calls < 3) throw new ProviderError("Busy.", { retryable: true, status: 503 });
      return input;
    });
    const options = { clock, retry: { attempts: 5 } };
    await clock.run(subject.batch([1], { ...options, onProgress: (progress) => seen.push(progress) }));
    expect(seen.at(-1)).toMatchObject({ done: 1, requests: 3, retries: 2 });
  });
});

describe("onRequest, onRetry and onFinish", () => {
  it("onRequest tells of each call that ended, well or not", async () => {
    const clock = new FakeClock();
    const events: RequestEvent[] = [];
    await clock.run(
      steady(clock, 70).batch([1, 3], {
        clock,
        returnExceptions: true,
        onRequest: (event) => events.push(event),
      }),
    );
    expect(events).toHaveLength(2);
    expect(events[0]).toMatchObject({
      inputs: 1,
      attempt: 1,
      durationMs: 70,
      requestId: "request-1",
    });
    expect(events[0]?.error).toBeUndefined();
    expect(events[0]?.usage).toMatchObject({ inputTokens: 4, outputTokens: 6 });
    expect(events[1]?.error).toMatchObject({ status: 400 });
  });

  it("onRetry tells the error, the attempt, the delay and how many inputs go again", async () => {
    const clock = new FakeClock();
    const retries: RetryEvent[] = [];
    const requests: RequestEvent[] = [];
    const busy = new ProviderError("Busy.", { retryable: true, status: 503 });
    let calls = 0;
    const subject = bulkRunnable(async (inputs: readonly number[]) => {
      calls += 1;
      if (calls <= 2) throw busy;
      return [...inputs];
    });
    await clock.run(
      subject.batch(range(7), {
        clock,
        retry: { attempts: 3, minDelayMs: 100, jitter: 0, outageMs: 0 },
        onRetry: (event) => retries.push(event),
        onRequest: (event) => requests.push(event),
      }),
    );
    expect(retries).toEqual([
      { error: busy, attempt: 1, delayMs: 100, inputs: 7 },
      { error: busy, attempt: 2, delayMs: 200, inputs: 7 },
    ]);
    expect(retries[0]?.error).toBe(busy);
    expect(requests.map((event) => [event.attempt, event.inputs])).toEqual([
      [1, 7],
      [2, 7],
      [3, 7],
    ]);
  });

  it("onFinish comes once, with every outcome in input order", async () => {
    const clock = new FakeClock();
    const reports: FinishReport[] = [];
    const limiter = rateLimiter({ requestsPerMinute: 2, clock });
    await clock.run(
      steady(clock, 10).batch([2, 3, 4], {
        clock,
        limiter,
        returnExceptions: true,
        onFinish: (report) => reports.push(report),
      }),
    );
    expect(reports).toHaveLength(1);
    const [report] = reports;
    expect(report).toMatchObject({
      status: "completed",
      fulfilled: 2,
      rejected: 1,
      unfinished: 0,
      requests: 3,
    });
    expect(report?.reason).toBeUndefined();
    expect(report?.outcomes.map((outcome) => outcome.index)).toEqual([0, 1, 2]);
    expect(report?.waitedMs).toBeGreaterThan(0);
    expect(report?.durationMs).toBe(clock.now());
    expect(report?.usage.totalTokens).toBe(30);
  });

  it("onFinish comes for a fail-fast failure too, with the failure as reason", async () => {
    const reports: FinishReport[] = [];
    const boom = new Error("boom");
    const subject = runnable(async (input: number) => {
      if (input === 1) throw boom;
      return input;
    });
    await reasonOf(subject.batch(range(4), { onFinish: (report) => reports.push(report) }));
    expect(reports).toHaveLength(1);
    expect(reports[0]).toMatchObject({ status: "failed", fulfilled: 1, rejected: 1 });
    expect(reports[0]?.outcomes).toHaveLength(2);
    expect(reports[0]?.reason).toBe(boom);
  });

  it("the streaming methods' report has counts and no outcomes", async () => {
    for (const method of ["batchAsCompleted", "batchInOrder"] as const) {
      const reports: FinishReport[] = [];
      const subject = runnable(async (input: number) => input);
      const onFinish = (report: FinishReport): unknown => reports.push(report);
      for await (const outcome of subject[method](range(3), { onFinish })) expect(outcome.status).toBe("fulfilled");
      expect(reports).toHaveLength(1);
      expect(reports[0]).toMatchObject({ status: "completed", fulfilled: 3, outcomes: [] });
    }
  });

  it("an empty batch has a report too", async () => {
    const reports: FinishReport[] = [];
    const subject = runnable(async (input: number) => input);
    expect(await subject.batch([], { onFinish: (report) => reports.push(report) })).toEqual([]);
    expect(reports).toHaveLength(1);
    expect(reports[0]).toMatchObject({ status: "completed", fulfilled: 0, requests: 0 });
  });
});
