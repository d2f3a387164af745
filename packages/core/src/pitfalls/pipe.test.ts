import { type BatchError, bulkRunnable, isRunnable, ProviderError, runnable } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { describe, expect, it } from "vitest";
import { HeldBackend, range, reasonOf, turn, watch } from "./held-backend.ts";

const busy = (): ProviderError => new ProviderError("Busy.", { retryable: true, status: 503 });

describe("pipe", () => {
  it("streams: step 2 starts on what step 1 has finished", async () => {
    const first = new HeldBackend<number, number>();
    const second = new HeldBackend<number, string>();
    const piped = runnable(first.call, { maxConcurrency: 3 }).pipe(runnable(second.call, { maxConcurrency: 3 }));
    const running = watch(piped.batch(range(3)));
    await turn();
    first.at(2).answer(20);
    await turn();
    expect(second.requests).toEqual([20]);
    second.at(0).answer("c");
    first.at(0).answer(0);
    first.at(1).answer(10);
    await turn();
    second.at(1).answer("a");
    second.at(2).answer("b");
    expect(await running.promise).toEqual(["a", "b", "c"]);
  });

  it("a bulk step sends full requests, and the rest when its source has ended", async () => {
    const requests: number[][] = [];
    const second = bulkRunnable(
      async (inputs: readonly number[]) => {
        requests.push([...inputs]);
        return inputs.map(String);
      },
      { request: { maxInputs: 4 } },
    );
    const piped = runnable(async (input: number) => input, { maxConcurrency: 8 }).pipe(second);
    expect(await piped.batch(range(10))).toEqual(range(10).map(String));
    expect(requests.map((request) => request.length)).toEqual([4, 4, 2]);
  });

  it("a bulk step whose request can never fill does not deadlock a step that waits for room", async () => {
    const clock = new FakeClock();
    const second = bulkRunnable(async (inputs: readonly number[]) => inputs.map(String), {
      request: { maxInputs: 1000 },
    });
    const piped = runnable(async (input: number) => input, { maxConcurrency: 2 }).pipe(second);
    async function* source(): AsyncGenerator<number> {
      yield* range(20);
    }
    expect(await clock.run(piped.batch(source(), { clock }))).toEqual(range(20).map(String));
  });

  it("L11 backpressure runs end to end: a stalled step 2 stops the pulling of step 1", async () => {
    let pulled = 0;
    function* source(): Generator<number> {
      for (;;) yield pulled++;
    }
    const second = new HeldBackend<number, number>();
    const first = runnable(async (input: number) => input, { maxConcurrency: 2 });
    const piped = first.pipe(runnable(second.call, { maxConcurrency: 2 }));
    const iterator = piped.batchAsCompleted(source());
    const next = watch(iterator.next());
    for (const _ of range(20)) await turn();
    expect(pulled).toBeLessThanOrEqual(10);
    expect(second.calls).toHaveLength(2);
    second.at(0).answer(0);
    await turn();
    expect(next.state).toBe("fulfilled");
    await iterator.return?.();
  });

  it("L4 invoke runs the steps one after another, and three steps compose", async () => {
    const add = runnable(async (input: number) => input + 1);
    const triple = add.pipe(add).pipe(runnable(async (input: number) => `#${input}`));
    expect(isRunnable(triple)).toBe(true);
    expect(await triple.invoke(1)).toBe("#3");
    expect(await triple.batch([1, 2])).toEqual(["#3", "#4"]);
  });

  it("accepts anything with an invoke", async () => {
    const piped = runnable(async (input: number) => input + 1).pipe({
      invoke: async (input: number) => `#${input}`,
    });
    expect(await piped.batch([1, 2])).toEqual(["#2", "#3"]);
  });

  it("P11 a fail-fast failure in step 2 stops step 1 too, and keeps what came through", async () => {
    const boom = new Error("boom");
    const started: number[] = [];
    const first = runnable(async (input: number) => {
      started.push(input);
      return input;
    });
    const second = runnable(async (input: number) => {
      if (input === 2) throw boom;
      return input;
    });
    const failure = (await reasonOf(first.pipe(second).batch(range(100)))) as BatchError;
    expect(failure.cause).toBe(boom);
    expect(failure.outcomes.map((outcome) => outcome.status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
    expect(failure.outcomes.map((outcome) => outcome.input)).toEqual([0, 1, 2]);
    expect(started.length).toBeLessThan(10);
  });

  it("each step retries by its own settings", async () => {
    const clock = new FakeClock();
    const calls = { first: 0, second: 0 };
    const first = runnable(
      async (input: number) => {
        calls.first += 1;
        if (calls.first === 1) throw busy();
        return input;
      },
      { retry: { attempts: 2 } },
    );
    const second = runnable(
      async (input: number) => {
        calls.second += 1;
        if (calls.second < 3) throw busy();
        return input;
      },
      { retry: { attempts: 3 } },
    );
    expect(await clock.run(first.pipe(second).batch([5], { clock }))).toEqual([5]);
    expect(calls).toEqual({ first: 2, second: 3 });
  });
});
