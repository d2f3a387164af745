import {
  autoBatch,
  type BatchOptions,
  type Inputs,
  ProviderError,
  Runnable,
  runnable,
  withConfig,
  withFallbacks,
  withRetry,
} from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { describe, expect, it } from "vitest";
import { drained, HeldBackend, range, turn, watch } from "./held-backend.ts";

const busy = (): ProviderError => new ProviderError("Busy.", { retryable: true, status: 503 });

/** The textbook override: batch alone, and it counts how it is used. */
class Overriding extends Runnable<number, string> {
  readonly batches: number[][] = [];
  invoked = 0;
  async invoke(input: number): Promise<string> {
    this.invoked += 1;
    return `one:${input}`;
  }
  override async batch(inputs: Inputs<number>, _options?: BatchOptions): Promise<string[]> {
    if (!Array.isArray(inputs)) throw new TypeError("An override is handed a real array.");
    this.batches.push([...(inputs as number[])]);
    return (inputs as number[]).map((input) => `many:${input}`);
  }
}

describe("wrappers", () => {
  it("withRetry retries, in invoke too", async () => {
    const calls: number[] = [];
    const subject = withRetry(
      runnable(async (input: number) => {
        calls.push(input);
        if (calls.indexOf(input) === calls.length - 1) throw busy();
        return input;
      }),
      { attempts: 2, minDelayMs: 0 },
    );
    const clock = new FakeClock();
    expect(await clock.run(subject.batch([1, 2, 3], { clock }))).toEqual([1, 2, 3]);
    expect(calls.toSorted((left, right) => left - right)).toEqual([1, 1, 2, 2, 3, 3]);
    expect(await subject.invoke(4)).toBe(4);
    expect(calls).toHaveLength(8);
  });

  it("withConfig sets defaults that the options of a call win over, and leaves the original alone", async () => {
    const backend = new HeldBackend<number, number>();
    const plain = runnable(backend.call);
    const wide = withConfig(plain, { maxConcurrency: 4 });
    const peakOf = async (batch: () => Promise<unknown>): Promise<number> => {
      backend.peak = 0;
      const from = backend.calls.length;
      const running = batch();
      for (const number of range(6)) {
        await turn();
        backend.at(from + number).answer(number);
      }
      await running;
      return backend.peak;
    };
    expect(await peakOf(() => wide.batch(range(6)))).toBe(4);
    expect(await peakOf(() => wide.batch(range(6), { maxConcurrency: 2 }))).toBe(2);
    expect(await peakOf(() => plain.batch(range(6)))).toBe(1);
  });

  it("an option that is undefined is as good as left out", async () => {
    const clock = new FakeClock();
    let calls = 0;
    const careful = runnable(
      async (input: number) => {
        calls++;
        if (calls % 3 !== 0) throw new ProviderError("Busy.", { retryable: true, status: 503 });
        return input;
      },
      { retry: { attempts: 3 }, maxConcurrency: 2 },
    );
    const same = withConfig(careful, { retry: undefined, maxConcurrency: undefined, timeoutMs: undefined });
    expect(same.settings).toEqual(careful.settings);
    expect(await clock.run(same.batch([7], { clock, signal: undefined, retry: undefined }))).toEqual([7]);
    const patient = withRetry(careful, { attempts: undefined, minDelayMs: undefined });
    expect(await clock.run(patient.batch([8], { clock }))).toEqual([8]);
    expect(calls).toBe(6);
  });

  it("withConfig holds for invoke too", async () => {
    let calls = 0;
    const subject = withConfig(
      runnable(async (input: number) => {
        calls += 1;
        if (calls === 1) throw busy();
        return input;
      }),
      { retry: { attempts: 2, minDelayMs: 0 } },
    );
    expect(await subject.invoke(7)).toBe(7);
  });

  it("a Runnable of a copy of core with another contract is refused by name, wherever one is taken", () => {
    const here = runnable(async (input: number) => input);
    for (const version of [99, true]) {
      const other = Object.create(here, { [Symbol.for("batchwise.runnable")]: { value: version } }) as typeof here;
      const takers = {
        pipe: () => here.pipe(other),
        withConfig: () => withConfig(other, { maxConcurrency: 2 }),
        withRetry: () => withRetry(other),
        autoBatch: () => autoBatch(other),
        "withFallbacks, first": () => withFallbacks(other, [here]),
        "withFallbacks, second": () => withFallbacks(here, [other]),
      };
      for (const [name, take] of Object.entries(takers)) {
        expect(take, name).toThrow(
          `Expected a Runnable of contract version 1, got version ${version}. Install one @batchwise/core`,
        );
      }
    }
  });

  it("P4 withFallbacks goes on to the next until one answers, in invoke too", async () => {
    const asked: string[] = [];
    const failing = (name: string): Runnable<number, string> =>
      runnable(async (): Promise<string> => {
        asked.push(name);
        throw new Error(name);
      });
    const last = runnable(async (input: number) => `last:${input}`);
    const subject = withFallbacks(failing("first"), [failing("second"), last]);
    expect(await subject.invoke(1)).toBe("last:1");
    expect(await subject.batch([1])).toEqual(["last:1"]);
    expect(asked).toEqual(["first", "second", "first", "second"]);
  });

  it("P4 an abort is no failure to fall back from", async () => {
    const controller = new AbortController();
    const backend = new HeldBackend<number, number>();
    let asked = 0;
    const spare = runnable(async (input: number) => {
      asked += 1;
      return input;
    });
    const running = watch(withFallbacks(runnable(backend.call), [spare]).batch([1, 2], { signal: controller.signal }));
    await turn();
    const reason = new Error("enough");
    controller.abort(reason);
    backend.at(0).fail(reason);
    await turn();
    expect(running.reason).toBe(reason);
    expect(asked).toBe(0);
  });

  it.for<readonly [string, (subject: Overriding, clock: FakeClock) => Promise<unknown[]>]>([
    ["batchAsCompleted", async (subject) => valuesOf(await drained(subject.batchAsCompleted(range(3))))],
    ["batchInOrder", async (subject) => valuesOf(await drained(subject.batchInOrder(range(3))))],
    ["pipe", (subject) => subject.pipe(runnable(async (input: string) => input)).batch(range(3))],
    [
      "pipe into it",
      (subject) =>
        runnable(async (input: number) => input)
          .pipe(subject)
          .batch(range(3)),
    ],
    ["withRetry", (subject) => withRetry(subject, { attempts: 2 }).batch(range(3))],
    ["withConfig", (subject) => withConfig(subject, { maxConcurrency: 2 }).batch(range(3))],
    ["withFallbacks", (subject) => withFallbacks(subject, [runnable(async () => "spare")]).batch(range(3))],
    [
      "autoBatch",
      (subject, clock) => {
        const gathered = autoBatch(subject, { maxWaitMs: 5, maxInputs: 10, clock });
        return clock.run(Promise.all(range(3).map((input) => gathered.invoke(input))));
      },
    ],
  ])("L10 an override of batch is used by %s", async ([, use]) => {
    const subject = new Overriding();
    expect(new Set(await use(subject, new FakeClock()))).toEqual(new Set(["many:0", "many:1", "many:2"]));
    expect(subject.invoked).toBe(0);
    expect(subject.batches.flat().toSorted((left, right) => left - right)).toEqual(range(3));
  });

  it("L10 an override that calls super.batch, or batchAsCompleted, does not recurse", async () => {
    class Super extends Runnable<number, number> {
      async invoke(input: number): Promise<number> {
        return input + 1;
      }
      override async batch(inputs: Inputs<number>, options?: BatchOptions): Promise<number[]> {
        return (await super.batch(inputs, options)) as number[];
      }
    }
    class Streaming extends Super {
      override async batch(inputs: Inputs<number>, options?: BatchOptions): Promise<number[]> {
        const outputs: number[] = [];
        for await (const outcome of this.batchAsCompleted(inputs, options)) {
          if (outcome.status === "fulfilled") outputs[outcome.index] = outcome.value;
        }
        return outputs;
      }
    }
    const clock = new FakeClock();
    for (const subject of [new Super(), new Streaming()]) {
      expect(await clock.run(subject.batch(range(3), { clock }))).toEqual([1, 2, 3]);
      const read = await clock.run(drained(subject.batchAsCompleted(range(3), { clock })));
      expect((valuesOf(read) as number[]).toSorted((left, right) => left - right)).toEqual([1, 2, 3]);
      expect(await clock.run(withRetry(subject, { attempts: 2 }).batch(range(3), { clock }))).toEqual([1, 2, 3]);
    }
  });
});

/** Values in the order in which they came. */
function valuesOf(read: { items: { status: string; value?: unknown }[]; thrown: unknown }): unknown[] {
  if (read.thrown !== undefined) throw read.thrown;
  return read.items.map((item) => item.value);
}
