import {
  type BatchError,
  type BatchOptions,
  bulkRunnable,
  type CallOptions,
  type FinishReport,
  isRunnable,
  ProviderError,
  Runnable,
  runnable,
} from "@batchwise/core";
import { FakeClock, Gauge } from "@batchwise/testkit";
import { describe, expect, it, vi } from "vitest";
import { drained, HeldBackend, range, reasonOf, turn, watch } from "./held-backend.ts";

describe("values that look like something else", () => {
  it("an Error that invoke returns is an output and no failure", async () => {
    const parsed = new Error("parsed from a log");
    let finish: FinishReport | undefined;
    const subject = runnable(async (input: number) => (input === 1 ? parsed : input));
    expect(await subject.batch([0, 1])).toEqual([0, parsed]);
    const onFinish = (report: FinishReport): unknown => (finish = report);
    expect(await subject.batch([0, 1], { returnExceptions: true, onFinish })).toEqual([0, parsed]);
    expect(finish).toMatchObject({ fulfilled: 2, rejected: 0 });
    const { items } = await drained(subject.batchAsCompleted([1]));
    expect(items).toEqual([{ index: 0, input: 1, status: "fulfilled", value: parsed }]);
    const piped = subject.pipe(runnable(async (value: number | Error) => [value]));
    expect(await piped.batch([1])).toEqual([[parsed]]);
  });

  it("a thenable that invoke returns is awaited, whether it resolves or rejects", async () => {
    const subject = runnable((input: number): Promise<number> => {
      const later = Promise.resolve(input * 2);
      // A promise of another library: nothing but then.
      return {
        // oxlint-disable-next-line unicorn/no-thenable
        then: (resolve: (value: number) => void, reject: (error: Error) => void) =>
          input === 1 ? reject(new Error("no")) : later.then(resolve),
      } as unknown as Promise<number>;
    });
    expect(await subject.batch([1, 2], { returnExceptions: true })).toEqual([new Error("no"), 4]);
  });

  it("a function that returns a plain value instead of a promise works", async () => {
    const one = runnable((input: number) => input + 1);
    expect(await one.batch([1, 2], { maxConcurrency: 2 })).toEqual([2, 3]);
    const many = bulkRunnable(((inputs: readonly number[]) => [...inputs]) as unknown as () => Promise<number[]>);
    expect(await many.batch([1, 2] as never)).toEqual([1, 2]);
  });

  it("an input that is a thenable is handed on as it is", async () => {
    // oxlint-disable-next-line unicorn/no-thenable
    const input = { then: (resolve: (value: string) => void) => resolve("unwrapped") };
    const seen: unknown[] = [];
    const subject = runnable(async (each: object) => {
      seen.push(each);
      return 1;
    });
    expect(await subject.batch([input])).toEqual([1]);
    expect(seen[0]).toBe(input);
  });

  it("an input that is an Error is an input", async () => {
    const subject = bulkRunnable(async (inputs: readonly Error[]) => inputs.map((input) => input.message));
    expect(await subject.batch([new Error("a"), new Error("b")])).toEqual(["a", "b"]);
  });

  it("L1 holes of a sparse array are inputs of undefined", async () => {
    const seen: unknown[] = [];
    // oxlint-disable-next-line no-sparse-arrays
    const inputs = [1, , 3];
    const subject = runnable(async (input: number | undefined) => {
      seen.push(input);
      return input ?? "hole";
    });
    const outputs = await subject.batch(inputs);
    expect(outputs).toEqual([1, "hole", 3]);
    expect(Object.keys(outputs)).toEqual(["0", "1", "2"]);
    expect(seen).toEqual([1, undefined, 3]);
  });

  it("an array-like result of another realm or a subclass of Array counts as an array", async () => {
    class Rows extends Array<number> {}
    const subject = bulkRunnable(async (inputs: readonly number[]) => Rows.from(inputs));
    expect([...(await subject.batch([1, 2]))]).toEqual([1, 2]);
  });
});

describe("callers that change things while it runs", () => {
  it("L1 an array that grows or shrinks while it runs stays the array that was handed over", async () => {
    for (const change of [
      (inputs: number[]): unknown => inputs.push(3, 4, 5),
      (inputs: number[]): unknown => inputs.splice(0),
      (inputs: number[]): unknown => inputs.fill(99),
      (inputs: number[]): unknown => inputs.splice(0, 3, 7, 8, 9),
    ]) {
      const backend = new HeldBackend<number, number>();
      const inputs = range(3);
      const running = watch(runnable(backend.call).batch(inputs));
      await turn();
      change(inputs);
      for (const number of range(3)) {
        backend.at(number).answer(backend.at(number).request * 10);
        await turn();
      }
      expect(running.value).toEqual([0, 10, 20]);
    }
  });

  it("options are read once: a change while it runs changes nothing", async () => {
    const backend = new HeldBackend<number, number>();
    const options: { -readonly [Key in keyof BatchOptions]: BatchOptions[Key] } = {
      maxConcurrency: 1,
    };
    const running = watch(runnable(backend.call).batch(range(3), options));
    await turn();
    options.maxConcurrency = 9;
    options.returnExceptions = true;
    backend.at(0).answer(0);
    await turn();
    expect(backend.inFlight).toBe(1);
    backend.at(1).fail(new Error("boom"));
    await turn();
    expect(running.state).toBe("rejected");
  });

  it("getters as options are honoured, and one that throws rejects", async () => {
    const backend = new HeldBackend<number, number>();
    const options = {
      get maxConcurrency(): number {
        return 2;
      },
    };
    const running = watch(runnable(backend.call).batch(range(3), options));
    await turn();
    expect(backend.inFlight).toBe(2);
    for (const number of range(3)) {
      await turn();
      backend.at(number).answer(number);
    }
    expect(await running.promise).toEqual(range(3));
    const broken = {
      get maxConcurrency(): number {
        throw new Error("no option");
      },
    };
    expect(await reasonOf(runnable(backend.call).batch([1], broken))).toEqual(new Error("no option"));
  });

  it("L9 an output array that is changed by its owner later changes nothing", async () => {
    const kept: number[] = [];
    const subject = bulkRunnable(
      async (inputs: readonly number[]) => {
        kept.length = 0;
        kept.push(...inputs);
        return kept;
      },
      { request: { maxInputs: 2 }, maxConcurrency: 1 },
    );
    expect(await subject.batch(range(6))).toEqual(range(6));
  });

  it("the same Runnable serves two batches at once, each with its own options and slots", async () => {
    const backend = new HeldBackend<number, number>();
    const subject = runnable(backend.call);
    const left = watch(subject.batch([1, 2, 3], { maxConcurrency: 2 }));
    const right = watch(subject.batch([11, 12, 13], { returnExceptions: true }));
    await turn();
    expect(backend.inFlight).toBe(3);
    for (const number of range(6)) {
      await turn();
      const call = backend.at(number);
      if (call.request === 12) call.fail(new Error("no"));
      else call.answer(call.request * 2);
    }
    expect(await left.promise).toEqual([2, 4, 6]);
    expect(await right.promise).toEqual([22, new Error("no"), 26]);
  });

  it("a call that answers after its timeout changes nothing any more", async () => {
    const clock = new FakeClock();
    const backend = new HeldBackend<number, number>();
    const reports: FinishReport[] = [];
    const subject = runnable(backend.call, {
      timeoutMs: 10,
      retry: { attempts: 2, minDelayMs: 100, jitter: 0 },
    });
    const running = watch(subject.batch([1], { clock, onFinish: (report) => reports.push(report) }));
    await clock.advance(10);
    backend.at(0).answer(111);
    await clock.advance(100);
    backend.at(1).answer(222);
    await turn();
    expect(running.value).toEqual([222]);
    expect(reports[0]).toMatchObject({ fulfilled: 1, rejected: 0, requests: 2, retries: 1 });
  });
});

describe("callbacks that throw", () => {
  const failing = (): never => {
    throw new Error("the callback is broken");
  };
  it.for(["onProgress", "onRetry", "onRequest"] as const)(
    "%s: the batch rejects with its error as cause, with what finished, and nothing hangs",
    async (name) => {
      for (const returnExceptions of [false, true]) {
        const clock = new FakeClock();
        let calls = 0;
        const subject = runnable(
          async (input: number) => {
            calls += 1;
            if (calls === 1) throw new ProviderError("Busy.", { retryable: true, status: 503 });
            return input;
          },
          { retry: { attempts: 3 } },
        );
        const failure = (await reasonOf(
          clock.run(subject.batch(range(50), { clock, returnExceptions, [name]: failing })),
        )) as BatchError;
        expect(failure.code).toBe("batch_failed");
        expect(failure.cause).toEqual(new Error("the callback is broken"));
        expect(Array.isArray(failure.outcomes)).toBe(true);
        expect(calls).toBeLessThan(50);
        expect(clock.pending).toBe(0);
      }
    },
  );

  it.for([
    ["weigh", { settings: { weigh: failing }, options: {} }],
    ["dedupe", { settings: {}, options: { dedupe: failing } }],
    ["shouldRetry", { settings: {}, options: { retry: { attempts: 3, shouldRetry: failing } } }],
    ["random", { settings: { retry: { attempts: 3 } }, options: { random: failing } }],
  ] as const)("%s: the batch settles and tells the error", async ([, { settings, options }]) => {
    const clock = new FakeClock();
    let calls = 0;
    const subject = runnable(async (input: number) => {
      calls += 1;
      if (calls === 1) throw new ProviderError("Busy.", { retryable: true, status: 503 });
      return input;
    }, settings);
    const failure = await reasonOf(clock.run(subject.batch([1, 2], { clock, ...options })));
    expect(causesOf(failure)).toContain("the callback is broken");
  });

  it("onFinish: the batch rejects with its error as cause", async () => {
    const clock = new FakeClock();
    const subject = runnable(async (input: number) => input);
    const failure = await reasonOf(clock.run(subject.batch([1, 2], { clock, onFinish: failing })));
    expect(causesOf(failure)).toContain("the callback is broken");
  });

  it("a consumer that throws in its loop ends the run like a break", async () => {
    const backend = new HeldBackend<number, number>();
    const reading = watch(
      (async (): Promise<void> => {
        for await (const outcome of runnable(backend.call, { maxConcurrency: 2 }).batchAsCompleted(range(9))) {
          throw new Error(`consumer at ${outcome.index}`);
        }
      })(),
    );
    await turn();
    backend.at(1).answer(1);
    await turn();
    expect(reading.reason).toEqual(new Error("consumer at 1"));
    expect(backend.at(0).options.signal?.aborted).toBe(true);
    expect(backend.calls.length).toBeLessThanOrEqual(3);
  });

  it("a broken report from a call does not lose its result", async () => {
    const subject = runnable(async (input: number, options: CallOptions) => {
      options.report?.({ usage: "much" as never, limits: 5 as never });
      return input;
    });
    expect(await subject.batch([1, 2])).toEqual([1, 2]);
  });
});

describe("iterators by hand", () => {
  it("next may be called many times before anything is there", async () => {
    const backend = new HeldBackend<number, number>();
    const iterator = runnable(backend.call, { maxConcurrency: 3 }).batchAsCompleted(range(3));
    const reads = range(5).map(() => watch(iterator.next()));
    await turn();
    for (const number of [2, 0, 1]) {
      backend.at(number).answer(number);
      await turn();
    }
    const values = reads.map((read) => read.value);
    expect(values.slice(0, 3).map((value) => value?.value?.index)).toEqual([2, 0, 1]);
    expect(values.slice(3).every((value) => value?.done === true)).toBe(true);
  });

  it("an iterator that was never read has called nothing; after return it is done for good", async () => {
    const backend = new HeldBackend<number, number>();
    const iterator = runnable(backend.call).batchAsCompleted(range(3));
    await turn();
    expect(backend.calls).toHaveLength(0);
    await iterator.return?.();
    expect(await iterator.next()).toMatchObject({ done: true });
    await turn();
    expect(backend.calls).toHaveLength(0);
  });

  it("an iterator is its own iterable", () => {
    const iterator = runnable(async (input: number) => input).batchInOrder([1]);
    expect(iterator[Symbol.asyncIterator]()).toBe(iterator);
  });
});

describe("marks", () => {
  it("a Runnable of another copy of the package is one; a plain object with invoke is not", () => {
    expect(isRunnable(runnable(async (input: number) => input))).toBe(true);
    class Own extends Runnable<number, number> {
      invoke(input: number): Promise<number> {
        return Promise.resolve(input);
      }
    }
    expect(isRunnable(new Own())).toBe(true);
    expect(isRunnable({ [Symbol.for("batchwise.runnable")]: true })).toBe(true);
    for (const value of [null, undefined, 1, "x", {}, { invoke: () => 1 }]) expect(isRunnable(value)).toBe(false);
  });

  it("L8 a batch of another copy of the package, nested in a call, shares the cap and comes to an end", async () => {
    vi.resetModules();
    const other = await import("@batchwise/core");
    expect(other.Runnable).not.toBe(Runnable);
    const gauge = new Gauge();
    const inner = other.bulkRunnable<number, number>(
      async (numbers) => {
        const leave = gauge.enter();
        await turn();
        leave();
        return numbers.map((number) => number + 1);
      },
      { request: { maxInputs: 1 }, maxConcurrency: 5 },
    );
    const outer = runnable((number: number, options) => inner.batch([number, 10, 20], options), { maxConcurrency: 2 });
    expect(await outer.batch([1, 2, 3])).toEqual([1, 2, 3].map((number) => [number + 1, 11, 21]));
    expect(gauge.peak).toBe(2);
  });

  it("an error of another copy of the package is recognised by isInstance", () => {
    const foreign = Object.defineProperty(new Error("Busy."), Symbol.for("batchwise.error"), {
      value: ["ProviderError", "BatchwiseError"],
    });
    expect(ProviderError.isInstance(foreign)).toBe(true);
    expect(ProviderError.isInstance(new Error("Busy."))).toBe(false);
  });
});

/** Every message along the causes of an error. */
function causesOf(error: unknown): string[] {
  return error instanceof Error ? [error.message, ...causesOf(error.cause)] : [];
}
