import {
  type BatchError,
  bulkRunnable,
  type FinishReport,
  InputError,
  isRunnable,
  ProviderError,
  type RateLimiter,
  type RequestEvent,
  rateLimiter,
  runnable,
  type Runnable,
  type RunnableSettings,
  withFallbacks,
} from "@batchwise/core";
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

  it("ends under one cap for all steps, when the source says only at the next pull that it is over", async () => {
    const step = runnable(async (input: number) => input);
    for (const count of range(9)) {
      expect(await step.pipe(step).batch(range(count).values(), { maxConcurrency: 1 })).toEqual(range(count));
    }
  });

  it("what is held back for order never holds back the step that has the input it waits for", async () => {
    const first = runnable(
      async (input: number) => {
        if (input > 0) throw new InputError("Not this one.");
        return input;
      },
      { maxConcurrency: 5 },
    );
    const second = new HeldBackend<number, number>();
    const read: number[] = [];
    const reading = (async () => {
      const piped = first.pipe(runnable(second.call));
      for await (const { index } of piped.batchInOrder(range(30), { maxConcurrency: 6 })) read.push(index);
    })();
    for (const _ of range(20)) await turn();
    second.at(0).answer(0);
    await reading;
    expect(read).toEqual(range(30));
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

describe("a pipe's step with fallbacks", () => {
  /** Takes many inputs a call, keeps their requests, and refuses what `refuses` says. */
  function step(
    name: string,
    requests: string[][],
    refuses: (input: string) => Error | undefined,
    settings: RunnableSettings<string, string>,
  ): Runnable<string, string> {
    return bulkRunnable(async (inputs: readonly string[]) => {
      requests.push([...inputs]);
      return inputs.map((input) => refuses(input) ?? `${input}${name}`);
    }, settings);
  }
  const none = (): undefined => undefined;
  const odd = (input: string): Error | undefined => (Number.parseInt(input, 10) % 2 === 1 ? busy() : undefined);

  it("each of them keeps its own strategy, before other steps and behind them", async () => {
    const requests: Record<"first" | "spare" | "last", string[][]> = { first: [], spare: [], last: [] };
    const first = step("a", requests.first, odd, { request: { maxInputs: 8 } });
    const spare = step("b", requests.spare, none, { request: { maxInputs: 4 } });
    const last = step("c", requests.last, none, { request: { maxInputs: 16 } });
    const subject = runnable(async (input: number) => `${input}`, { maxConcurrency: 8 })
      .pipe(withFallbacks(first, [spare]))
      .pipe(last);
    const outcomes = [];
    for await (const outcome of subject.batchInOrder(range(16))) outcomes.push(outcome);
    expect(outcomes).toEqual(
      range(16).map((index) => ({
        index,
        input: index,
        status: "fulfilled",
        value: `${index}${index % 2 === 1 ? "b" : "a"}c`,
      })),
    );
    expect(requests.first.map(({ length }) => length)).toEqual([8, 8]);
    expect(requests.spare.map(({ length }) => length)).toEqual([4, 4]);
    expect(requests.last.flat()).toHaveLength(16);
    expect(requests.last.length).toBeLessThanOrEqual(3);
  });

  it("what all of them fail at never reaches the next step", async () => {
    const reached: string[][] = [];
    const refused = new InputError("Not this one.");
    const never = (input: string): Error | undefined => (input === "3" ? refused : undefined);
    const subject = runnable(async (input: number) => `${input}`)
      .pipe(
        withFallbacks(step("a", [], odd, {}), [withFallbacks(step("b", [], never, {}), [step("c", [], never, {})])]),
      )
      .pipe(step("d", reached, none, {}));
    const slots = await subject.batch(range(6), { returnExceptions: true });
    expect(slots).toEqual(["0ad", "1bd", "2ad", refused, "4ad", "5bd"]);
    expect(reached.flat().toSorted()).toEqual(["0a", "1b", "2a", "4a", "5b"]);
  });

  it("P24 a refused key ends only the alternative that has it", async () => {
    const refused = new ProviderError("Refused.", { status: 401, code: "authentication", retryable: false });
    const requests: string[][] = [];
    const subject = runnable(async (input: number) => `${input}`).pipe(
      withFallbacks(
        bulkRunnable(
          async (inputs: readonly string[]) => {
            requests.push([...inputs]);
            throw refused;
          },
          { request: { maxInputs: 2 }, maxConcurrency: 1 },
        ),
        [step("b", [], none, {})],
      ),
    );
    expect(await subject.batch(range(20))).toEqual(range(20).map((index) => `${index}b`));
    expect(requests).toHaveLength(1);
  });

  it("a batch's schema holds for each of them", async () => {
    const short = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: (value: unknown) => (String(value).length < 3 ? { value } : { issues: [{ message: "too long" }] }),
      },
    } as const;
    const subject = withFallbacks(step("aaa", [], none, {}), [step("b", [], none, {})]);
    expect(await subject.batch(["1", "2"], { schema: short as never })).toEqual(["1b", "2b"]);
  });

  it("a look-up takes no limit, is no request, and no hook hears of it", async () => {
    const demands: number[] = [];
    const inner = rateLimiter();
    const limiter: RateLimiter = { reserve: (demand) => (demands.push(demand.inputs), inner.reserve(demand)) };
    const lookUp = step("", [], odd, { lookUp: true, request: { maxInputs: 3 } });
    const subject = runnable(async (input: number) => `${input}`).pipe(
      withFallbacks(lookUp, [step("b", [], none, { request: { maxInputs: 2 } })]),
    );
    const events: RequestEvent[] = [];
    let report: FinishReport | undefined;
    const outputs = await subject.batch(range(8), {
      limiter,
      timeoutMs: 1000,
      onRequest: (event) => events.push(event),
      onFinish: (last) => (report = last),
    });
    expect(outputs).toEqual(range(8).map((index) => `${index}${index % 2 === 1 ? "b" : ""}`));
    expect(demands.toSorted((left, right) => left - right)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 2, 2]);
    expect(events).toHaveLength(10);
    expect(report).toMatchObject({ requests: 10, fulfilled: 8 });
  });

  it("maxCost counts what the steps' calls in flight will cost, each at its own price", async () => {
    const held = new HeldBackend<string, string>();
    const dear = runnable(held.call, {
      maxConcurrency: 10,
      weigh: () => ({ tokens: 1_000_000, outputTokens: 0 }),
      price: { perMillionInputTokens: 2 },
    });
    const running = watch(
      runnable(async (input: number) => `${input}`)
        .pipe(dear)
        .batch(range(10), { maxCost: 6, returnExceptions: true }),
    );
    for (const _ of range(20)) await turn();
    expect(held.calls).toHaveLength(3);
    for (const call of range(3)) held.at(call).answer("done");
    const slots = (await running.promise) as unknown[];
    expect(slots.filter((slot) => slot === "done")).toHaveLength(3);
  });
});
