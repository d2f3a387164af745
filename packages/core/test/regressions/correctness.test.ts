import {
  type BatchError,
  bulkRunnable,
  type CallOptions,
  type FinishReport,
  ProviderError,
  runnable,
  withFallbacks,
} from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { describe, expect, it } from "vitest";
import { drained, range, reasonOf } from "./held-backend.ts";

const busy = (): ProviderError => new ProviderError("The provider is busy.", { retryable: true, status: 503 });

describe("pipelines and fallbacks", () => {
  it("P1 an item that failed at step 1 never reaches step 2 and stays that very Error", async () => {
    const boom = new Error("boom");
    const reached: number[] = [];
    const first = runnable(async (input: number) => {
      if (input === 1) throw boom;
      return input * 10;
    });
    const second = runnable(async (input: number) => {
      reached.push(input);
      return `ok:${input}`;
    });
    const outputs = await first.pipe(second).batch([0, 1, 2], { returnExceptions: true });
    expect(outputs).toEqual(["ok:0", boom, "ok:20"]);
    expect(outputs[1]).toBe(boom);
    expect(reached).toEqual([0, 20]);
  });

  it("P1 an Error slot of a bulk step 1 stays out of a bulk step 2", async () => {
    const boom = new Error("boom");
    const reached: unknown[] = [];
    const first = bulkRunnable(async (inputs: readonly number[]) =>
      inputs.map((input) => (input % 2 === 1 ? boom : input)),
    );
    const second = bulkRunnable(async (inputs: readonly number[]) => {
      reached.push(...inputs);
      return inputs.map((input) => `ok:${input}`);
    });
    const outputs = await first.pipe(second).batch(range(4), { returnExceptions: true });
    expect(outputs).toEqual(["ok:0", boom, "ok:2", boom]);
    expect(reached).toEqual([0, 2]);
  });

  it("P4 a fallback runs only for the items that failed, with returnExceptions", async () => {
    const asked: number[] = [];
    const main = runnable(async (input: number) => {
      if (input > 1) throw new Error(`main ${input}`);
      return `main:${input}`;
    });
    const spare = runnable(async (input: number) => {
      asked.push(input);
      if (input === 3) throw new Error("spare 3");
      return `spare:${input}`;
    });
    const outputs = await withFallbacks(main, [spare]).batch(range(4), { returnExceptions: true });
    expect(outputs.slice(0, 3)).toEqual(["main:0", "main:1", "spare:2"]);
    expect(outputs[3]).toBeInstanceOf(Error);
    expect(asked).toEqual([2, 3]);
  });

  it("P4 the failed items of a bulk request alone go to a bulk fallback", async () => {
    const asked: number[] = [];
    const main = bulkRunnable(async (inputs: readonly number[]) =>
      inputs.map((input) => (input % 3 === 0 ? new Error("no") : `main:${input}`)),
    );
    const spare = bulkRunnable(async (inputs: readonly number[]) => {
      asked.push(...inputs);
      return inputs.map((input) => `spare:${input}`);
    });
    const outputs = await withFallbacks(main, [spare]).batch(range(5));
    expect(outputs).toEqual(["spare:0", "main:1", "main:2", "spare:3", "main:4"]);
    expect(asked).toEqual([0, 3]);
  });
});

describe("results and slots", () => {
  it("P2 after a retry of part of a bulk request every index keeps its own result or its own error", async () => {
    const clock = new FakeClock();
    const requests: number[][] = [];
    const permanent = new ProviderError("Refused.", { retryable: false, status: 400 });
    const subject = bulkRunnable(
      async (inputs: readonly number[]) => {
        requests.push([...inputs]);
        const again = requests.length > 1;
        return inputs.map((input) => {
          if (input === 4) return permanent;
          return input % 2 === 1 && !again ? busy() : input * 10;
        });
      },
      { retry: { attempts: 3 } },
    );
    const outputs = await clock.run(subject.batch(range(6), { returnExceptions: true, clock }));
    expect(outputs).toEqual([0, 10, 20, 30, permanent, 50]);
    expect(requests[0]).toEqual(range(6));
    expect(requests.slice(1).flat()).toEqual([1, 3, 5]);
  });

  it("P2 a function that empties the array it was handed loses nothing for the retry", async () => {
    const clock = new FakeClock();
    const requests: number[][] = [];
    const subject = bulkRunnable(
      async (inputs: readonly number[]) => {
        const own = inputs as number[];
        requests.push([...own]);
        const outputs = own.map((input) => input + 1);
        own.length = 0;
        if (requests.length === 1) throw busy();
        return outputs;
      },
      { retry: { attempts: 2 } },
    );
    expect(await clock.run(subject.batch([1, 2, 3], { clock }))).toEqual([2, 3, 4]);
    expect(requests).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
  });

  const falsy = [undefined, null, 0, "", false, Number.NaN];

  it("P3 falsy outputs of invoke are successes and are never called twice", async () => {
    const calls: unknown[] = [];
    const subject = runnable(
      async (index: number) => {
        calls.push(index);
        return falsy[index];
      },
      { retry: { attempts: 3 }, maxConcurrency: 2 },
    );
    expect(await subject.batch(range(falsy.length))).toEqual(falsy);
    expect(calls).toHaveLength(falsy.length);
  });

  it("P3 falsy outputs of invokeMany are successes in every method", async () => {
    let calls = 0;
    const subject = bulkRunnable(
      async (indexes: readonly number[]) => {
        calls += 1;
        return indexes.map((index) => falsy[index]);
      },
      { retry: { attempts: 3 } },
    );
    expect(await subject.batch(range(falsy.length), { returnExceptions: true })).toEqual(falsy);
    const { items } = await drained(subject.batchInOrder(range(falsy.length)));
    expect(items.map((item) => (item.status === "fulfilled" ? item.value : "rejected"))).toEqual(falsy);
    expect(calls).toBe(2);
  });

  it("P3 falsy inputs of a lazy source are inputs and not its end", async () => {
    async function* source(): AsyncGenerator {
      yield* falsy;
    }
    const subject = runnable(async (input: unknown) => [input]);
    expect(await subject.batch(source())).toEqual(falsy.map((input) => [input]));
  });

  it("P3 an iterator that ends with a value gives no input for it", async () => {
    function* source(): Generator<number, number> {
      yield 1;
      return 2;
    }
    expect(await runnable(async (input: number) => input).batch(source())).toEqual([1]);
  });
});

describe("usage", () => {
  const reports: readonly (object | undefined)[] = [
    { usage: { inputTokens: 3, outputTokens: 4, cost: 0.5 } },
    {},
    { usage: undefined },
    { usage: {} },
    { usage: { inputTokens: Number.NaN, outputTokens: Number.POSITIVE_INFINITY, cost: "1" } },
    { usage: { inputTokens: undefined, outputTokens: null } },
    { usage: { inputTokens: 5, totalTokens: 9 } },
    undefined,
  ];

  it("P9 usage that is missing or not a finite number never makes a total NaN", async () => {
    let finish: FinishReport | undefined;
    const subject = runnable(async (index: number, options: CallOptions) => {
      const report = reports[index];
      if (report !== undefined) options.report?.(report);
      return index;
    });
    await subject.batch(range(reports.length), { onFinish: (report) => (finish = report) });
    expect(finish?.usage).toEqual({
      inputTokens: 8,
      cachedInputTokens: 0,
      outputTokens: 4,
      totalTokens: 16,
      cost: 0.5,
    });
  });

  it("P9 the usage of a failed attempt counts too", async () => {
    const clock = new FakeClock();
    let finish: FinishReport | undefined;
    let calls = 0;
    const subject = runnable(
      async (_input: number, options: CallOptions) => {
        calls += 1;
        options.report?.({ usage: { inputTokens: 10 } });
        if (calls === 1) throw busy();
        return calls;
      },
      { retry: { attempts: 2 } },
    );
    await clock.run(subject.batch([1], { clock, onFinish: (report) => (finish = report) }));
    expect(finish?.usage.inputTokens).toBe(20);
  });
});

describe("thrown values", () => {
  it("P8 a thrown non-Error keeps its fields, in the cause of an Error", async () => {
    const thrown = { status: 418, message: "teapot" };
    const subject = runnable(async (): Promise<number> => {
      throw thrown;
    });
    const [slot] = await subject.batch([1], { returnExceptions: true });
    expect(slot).toBeInstanceOf(Error);
    expect((slot as Error).cause).toBe(thrown);
    expect((slot as Error).message).not.toContain("[object Object]");
    const failure = (await reasonOf(subject.batch([1]))) as BatchError;
    expect((failure.cause as Error).cause).toBe(thrown);
  });

  it.for([
    ["undefined", undefined] as const,
    ["null", null] as const,
    ["zero", 0] as const,
    ["a string", "no"] as const,
  ])("P8 a thrown %s fails its item alone", async ([, thrown]) => {
    const subject = runnable(async (input: number) => {
      if (input === 1) throw thrown;
      return input;
    });
    const outputs = await subject.batch([0, 1, 2], { returnExceptions: true });
    expect([outputs[0], outputs[2]]).toEqual([0, 2]);
    expect(outputs[1]).toBeInstanceOf(Error);
    expect((outputs[1] as Error).cause).toBe(thrown);
  });

  it("P8 a non-Error that invokeMany throws is wrapped once", async () => {
    const subject = bulkRunnable(async (): Promise<number[]> => {
      throw "refused";
    });
    const outputs = await subject.batch([1, 2], { returnExceptions: true });
    expect(outputs.map((slot) => (slot as Error).cause)).toEqual(["refused", "refused"]);
  });

  it("P8 a function that throws before it returns a promise fails its item alone", async () => {
    const subject = runnable((input: number): Promise<number> => {
      if (input === 1) throw new Error("at once");
      return Promise.resolve(input);
    });
    expect(await subject.batch([0, 1, 2], { returnExceptions: true })).toEqual([0, new Error("at once"), 2]);
  });
});
