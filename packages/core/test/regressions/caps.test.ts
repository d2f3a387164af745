import {
  type BatchError,
  BudgetError,
  bulkRunnable,
  type CallOptions,
  type FinishReport,
  InputError,
  rateLimiter,
  runnable,
} from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { describe, expect, it } from "vitest";
import { HeldBackend, range, reasonOf, turn, watch } from "./held-backend.ts";

describe("estimate", () => {
  it("gives requests, tokens, cost and the shortest time, and sends nothing", () => {
    let calls = 0;
    const clock = new FakeClock();
    const subject = bulkRunnable(
      async (inputs: readonly string[]) => {
        calls += 1;
        return [...inputs];
      },
      {
        request: { maxInputs: 10 },
        weigh: (input) => ({ tokens: input.length }),
        price: { perMillionInputTokens: 2 },
        limiter: rateLimiter({ requestsPerMinute: 1, clock }),
      },
    );
    const estimate = subject.estimate(range(25).map(() => "four"));
    expect(estimate).toMatchObject({ inputs: 25, requests: 3, tokens: 100 });
    expect(estimate.cost).toBeCloseTo(0.0002);
    expect(estimate.shortestMs).toBeGreaterThanOrEqual(100_000);
    expect(calls).toBe(0);
  });

  it("leaves out what `weigh` refuses, as a batch does: it fails alone and takes no place in a request", async () => {
    const requests: number[][] = [];
    const subject = bulkRunnable(
      async (inputs: readonly number[]) => {
        requests.push([...inputs]);
        return [...inputs];
      },
      {
        request: { maxInputs: 3 },
        weigh: (input) => {
          if (input === 1) throw new InputError("Expected another number.");
          return { tokens: 10 };
        },
      },
    );
    expect(subject.estimate([1, 2, 1, 3, 4])).toMatchObject({ inputs: 5, requests: 1, tokens: 30 });
    const slots = await subject.batch([1, 2, 1, 3, 4], { returnExceptions: true });
    expect(requests).toEqual([[2, 3, 4]]);
    expect(slots).toEqual([expect.any(InputError), 2, expect.any(InputError), 3, 4]);
  });

  it("leaves out what is not known, and counts what the packing and the options make", () => {
    const one = runnable(async (input: number) => input);
    expect(one.estimate(range(7))).toEqual({
      inputs: 7,
      requests: 7,
      tokens: undefined,
      outputTokens: undefined,
      cost: undefined,
      shortestMs: undefined,
    });
    const many = bulkRunnable(async (inputs: readonly number[]) => [...inputs], {
      request: { maxTokens: 10 },
      weigh: (input) => ({ tokens: input }),
    });
    expect(many.estimate([4, 4, 4, 9, 1, 10]).requests).toBe(4);
    expect(many.estimate([1, 1, 2, 2], { dedupe: true })).toMatchObject({ requests: 1, tokens: 3 });
    expect(many.estimate([1, 1, 2, 2], { request: { maxInputs: 2 } }).requests).toBe(2);
    expect(many.estimate([])).toMatchObject({ inputs: 0, requests: 0 });
  });
});

describe("caps on what a run may use", () => {
  const using = (tokens: number): ReturnType<typeof runnable<number, number>> =>
    runnable(
      async (input: number, options: CallOptions) => {
        options.report?.({ usage: { inputTokens: tokens } });
        return input;
      },
      { weigh: () => ({ tokens: 10 }), price: { perMillionInputTokens: 100_000 } },
    );

  it("maxTokens stops before it would be passed, and keeps what finished", async () => {
    let finish: FinishReport | undefined;
    const failure = (await reasonOf(
      using(10).batch(range(9), { maxTokens: 35, onFinish: (report) => (finish = report) }),
    )) as BatchError;
    expect(BudgetError.isInstance(failure.cause)).toBe(true);
    expect((failure.cause as Error).message).toContain("35");
    expect(failure.outcomes.filter((outcome) => outcome.status === "fulfilled")).toHaveLength(3);
    expect(finish).toMatchObject({ status: "stopped", fulfilled: 3 });
    expect(finish?.usage.totalTokens).toBeLessThanOrEqual(35);
  });

  it("maxTokens counts what was used, not what was expected", async () => {
    const outputs = await using(5).batch(range(9), { maxTokens: 35, returnExceptions: true });
    const fulfilled = outputs.filter((slot) => !(slot instanceof Error)).length;
    expect(fulfilled).toBeGreaterThanOrEqual(6);
    expect(fulfilled).toBeLessThanOrEqual(7);
    expect(outputs.slice(fulfilled).every((slot) => BudgetError.isInstance(slot))).toBe(true);
  });

  it("maxTokens holds for calls that run at once", async () => {
    const backend = new HeldBackend<number, number>();
    const subject = runnable(backend.call, { weigh: () => ({ tokens: 10, outputTokens: 0 }), maxConcurrency: 8 });
    const running = watch(subject.batch(range(8), { maxTokens: 25, returnExceptions: true }));
    await turn();
    expect(backend.calls).toHaveLength(2);
    backend.at(0).answer(0);
    backend.at(1).answer(1);
    await turn();
    expect(running.value?.slice(0, 2)).toEqual([0, 1]);
    expect(running.value?.slice(2).every((slot) => BudgetError.isInstance(slot))).toBe(true);
  });

  it("maxCost stops before it would be passed, by the Runnable's price", async () => {
    // Ten tokens at 100,000 for a million cost 1.
    const outputs = await using(10).batch(range(9), { maxCost: 4.5, returnExceptions: true });
    expect(outputs.filter((slot) => !(slot instanceof Error))).toHaveLength(4);
    expect(BudgetError.isInstance(outputs[4])).toBe(true);
  });

  it("a cap above the whole changes nothing", async () => {
    expect(await using(10).batch(range(4), { maxTokens: 40, maxCost: 4 })).toEqual(range(4));
  });

  it("a cap of an unweighed Runnable stops where twice the largest call so far no longer fits", async () => {
    let calls = 0;
    const subject = runnable(async (input: number, options: CallOptions) => {
      calls += 1;
      options.report?.({ usage: { inputTokens: 10 } });
      return input;
    });
    const outputs = await subject.batch(range(50), { maxTokens: 45, returnExceptions: true });
    expect(calls).toBe(3);
    expect(BudgetError.isInstance(outputs[49])).toBe(true);
  });
});
