import {
  type BatchOptions,
  bulkRunnable,
  type CallOptions,
  type Inputs,
  ProviderError,
  ResultError,
  Runnable,
  runnable,
} from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { describe, expect, it } from "vitest";
import { drained, HeldBackend, range, reasonOf, turn, watch } from "./held-backend.ts";

type Work = (input: number) => Promise<string>;
const text: Work = async (input) => `#${input}`;

class Overriding extends Runnable<number, string> {
  readonly #work: Work;
  constructor(work: Work) {
    super();
    this.#work = work;
  }
  invoke(input: number): Promise<string> {
    return this.#work(input);
  }
  override batch(inputs: Inputs<number>, options?: BatchOptions): Promise<string[]> {
    return super.batch(inputs, options) as Promise<string[]>;
  }
}

/** The same work in each of the shapes that a Runnable can have. */
const shapes: readonly (readonly [string, (work: Work) => Runnable<number, string>])[] = [
  ["default", (work) => runnable(work)],
  ["concurrent", (work) => runnable(work, { maxConcurrency: 4 })],
  ["bulk", (work) => bulkOf(work, 3)],
  ["bulk of one", (work) => bulkOf(work, 1)],
  ["overridden batch", (work) => new Overriding(work)],
  ["piped", (work) => runnable(async (input: number) => input).pipe(runnable(work, { maxConcurrency: 2 }))],
];

function bulkOf(work: Work, maxInputs: number): Runnable<number, string> {
  return bulkRunnable(
    (inputs: readonly number[]) =>
      Promise.all(inputs.map((input) => work(input).catch((error: unknown) => error as Error))),
    { request: { maxInputs } },
  );
}

describe.for(shapes)("laws of a %s Runnable", ([, shape]) => {
  it("L1 L2 as many outputs as inputs, in input order", async () => {
    for (const count of [1, 2, 3, 7, 100, 101, 500]) {
      expect(await shape(text).batch(range(count))).toEqual(range(count).map((input) => `#${input}`));
    }
  });

  it("L2 input order though calls end in any order", async () => {
    const clock = new FakeClock();
    const slow: Work = async (input) => {
      await new Promise<void>((resolve) => clock.after((input * 7919) % 50, resolve));
      return `#${input}`;
    };
    expect(await clock.run(shape(slow).batch(range(60), { clock, maxConcurrency: 7 }))).toEqual(
      range(60).map((input) => `#${input}`),
    );
    const ordered = await clock.run(drained(shape(slow).batchInOrder(range(60), { clock, maxConcurrency: 7 })));
    expect(ordered.items.map((item) => item.index)).toEqual(range(60));
    const completed = await clock.run(drained(shape(slow).batchAsCompleted(range(60), { clock, maxConcurrency: 7 })));
    expect(completed.items.map((item) => item.index).toSorted((left, right) => left - right)).toEqual(range(60));
    for (const item of completed.items) expect(item).toMatchObject({ input: item.index, value: `#${item.index}` });
  });

  it("L3 no input: no output and no call", async () => {
    let calls = 0;
    const subject = shape(async (input) => {
      calls += 1;
      return text(input);
    });
    async function* nothing(): AsyncGenerator<number> {}
    expect(await subject.batch([])).toEqual([]);
    expect(await subject.batch(new Set<number>())).toEqual([]);
    expect(await subject.batch(nothing(), { returnExceptions: true })).toEqual([]);
    expect((await drained(subject.batchAsCompleted([]))).items).toEqual([]);
    expect((await drained(subject.batchInOrder(nothing()))).items).toEqual([]);
    expect(calls).toBe(0);
  });

  it("L4 a batch of one is invoke", async () => {
    expect(await shape(text).batch([7])).toEqual([await shape(text).invoke(7)]);
    const failing = shape(async () => Promise.reject(new Error("boom")));
    const invoked = (await reasonOf(failing.invoke(7))) as Error;
    expect(await failing.batch([7], { returnExceptions: true })).toEqual([invoked]);
  });

  it("L5 equal inputs keep their own slots", async () => {
    let call = 0;
    const subject = shape(async (input) => `${input}:${call++}`);
    const outputs = await subject.batch([5, 5, 5, 5]);
    expect(new Set(outputs).size).toBe(4);
  });

  it("L6 one failure never loses a sibling", async () => {
    const subject = shape(async (input) => {
      if (input % 4 === 2) throw new Error(`failed ${input}`);
      return text(input);
    });
    const outputs = await subject.batch(range(20), { returnExceptions: true });
    expect(outputs).toEqual(range(20).map((input) => (input % 4 === 2 ? new Error(`failed ${input}`) : `#${input}`)));
  });

  it("L9 inputs are not mutated", async () => {
    const inputs = Object.freeze(range(10));
    const options: BatchOptions = Object.freeze({
      maxConcurrency: 2,
      retry: Object.freeze({ attempts: 2 }),
    });
    expect(await shape(text).batch(inputs, options)).toHaveLength(10);
    expect(inputs).toEqual(range(10));
  });

  it("L14 undefined is a legitimate output", async () => {
    const subject = shape(async () => undefined as unknown as string);
    expect(await subject.batch(range(5))).toEqual([undefined, undefined, undefined, undefined, undefined]);
    const { items } = await drained(subject.batchAsCompleted(range(2)));
    expect(items.every((item) => item.status === "fulfilled" && "value" in item)).toBe(true);
  });

  it("takes arrays, sets, generators and streams alike", async () => {
    const subject = shape(text);
    const all = ["#0", "#1", "#2", "#3", "#4"];
    expect(await subject.batch(new Set(range(5)))).toEqual(all);
    expect(await subject.batch(range(5).values())).toEqual(all);
    expect(await subject.batch(ReadableStream.from(range(5)))).toEqual(all);
    expect(await subject.batch(Uint8Array.from(range(5)))).toEqual(all);
  });
});

describe("laws of the schedule", () => {
  it("L7 an abort starts nothing more; L8 the cap is filled and never passed", async () => {
    const controller = new AbortController();
    const backend = new HeldBackend<number, number>();
    const running = watch(runnable(backend.call).batch(range(9), { maxConcurrency: 4, signal: controller.signal }));
    await turn();
    expect(backend.calls).toHaveLength(4);
    controller.abort(new Error("enough"));
    await turn();
    for (const call of backend.calls) call.answer(call.request);
    await turn();
    expect(running.state).toBe("rejected");
    expect(backend.calls).toHaveLength(4);
  });

  it("L8 for a bulk Runnable the cap counts requests", async () => {
    const backend = new HeldBackend<readonly number[], number[]>();
    const running = watch(
      bulkRunnable(backend.call, { request: { maxInputs: 3 } }).batch(range(12), {
        maxConcurrency: 2,
      }),
    );
    for (const number of range(4)) {
      await turn();
      expect(backend.inFlight).toBeLessThanOrEqual(2);
      backend.at(number).answer([...backend.at(number).request]);
    }
    expect(await running.promise).toEqual(range(12));
    expect(backend.peak).toBe(2);
  });

  it("L8 the cap of a nested bulk batch is the outer batch's", async () => {
    let inFlight = 0;
    let peak = 0;
    const inner = bulkRunnable(
      async (inputs: readonly number[]) => {
        inFlight += 1;
        peak = Math.max(peak, inFlight);
        await turn();
        inFlight -= 1;
        return [...inputs];
      },
      { request: { maxInputs: 1 }, maxConcurrency: 10 },
    );
    const outer = runnable((input: number, options: CallOptions) => inner.batch(range(input), options));
    expect(await outer.batch([3, 4, 5], { maxConcurrency: 3 })).toEqual([range(3), range(4), range(5)]);
    expect(peak).toBeLessThanOrEqual(3);
  });

  it.for([
    ["invoke", 2, 1],
    ["bulk", 2, 5],
  ] as const)("L11 a lazy source of a %s Runnable is pulled no further than the work", async ([, width, size]) => {
    let pulled = 0;
    function* source(): Generator<number> {
      for (;;) yield pulled++;
    }
    const backend = new HeldBackend<readonly number[], number[]>();
    const settings = { maxConcurrency: width, request: { maxInputs: size } };
    const controller = new AbortController();
    const subject: Runnable<number, number> =
      size === 1
        ? runnable(
            async (input: number, options: CallOptions) => (await backend.call([input], options))[0] ?? 0,
            settings,
          )
        : bulkRunnable(backend.call, settings);
    const running = watch(subject.batch(source(), { signal: controller.signal }));
    for (const number of range(6)) {
      await turn();
      expect(backend.inFlight).toBe(width);
      expect(pulled).toBeLessThanOrEqual((number + width) * size + size);
      backend.at(number).answer([...backend.at(number).request]);
    }
    controller.abort(new Error("enough"));
    await turn();
    expect(running.state).toBe("rejected");
  });

  it("L11 items in backoff count: pulling stops at 2 x maxConcurrency x request size unsettled", async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    let pulled = 0;
    function* source(): Generator<number> {
      for (;;) yield pulled++;
    }
    let outage = true;
    const subject = bulkRunnable(
      async (inputs: readonly number[]) => {
        if (outage) throw new ProviderError("Busy.", { retryable: true, status: 503 });
        await new Promise<void>((resolve) => clock.after(100, resolve));
        return [...inputs];
      },
      {
        maxConcurrency: 3,
        request: { maxInputs: 4 },
        retry: { attempts: 100, minDelayMs: 1000, jitter: 0 },
      },
    );
    const running = watch(subject.batch(source(), { clock, signal: controller.signal }));
    await clock.advance(500);
    expect(pulled).toBeLessThanOrEqual(2 * 3 * 4);
    expect(pulled).toBeGreaterThanOrEqual(3 * 4);
    outage = false;
    await clock.advance(5000);
    expect(pulled).toBeGreaterThan(2 * 3 * 4);
    controller.abort(new Error("enough"));
    await turn();
    expect(running.state).toBe("rejected");
  });

  it("L11 batchInOrder holds back no more than the window", async () => {
    let pulled = 0;
    function* source(): Generator<number> {
      for (;;) yield pulled++;
    }
    const backend = new HeldBackend<number, number>();
    const iterator = runnable(backend.call, { maxConcurrency: 3 }).batchInOrder(source());
    const next = watch(iterator.next());
    for (const _ of range(30)) {
      await turn();
      for (const call of backend.calls.slice(1)) call.answer(call.request);
    }
    expect(next.state).toBe("pending");
    expect(pulled).toBeLessThanOrEqual(2 * 3 + 1);
    backend.at(0).answer(0);
    await turn();
    expect(next.value?.value).toMatchObject({ index: 0, value: 0 });
    await iterator.return?.();
  });

  it("L11 a slow consumer of batchAsCompleted holds the source back", async () => {
    let pulled = 0;
    function* source(): Generator<number> {
      for (;;) yield pulled++;
    }
    const iterator = runnable(async (input: number) => input, {
      maxConcurrency: 2,
    }).batchAsCompleted(source());
    await iterator.next();
    for (const _ of range(20)) await turn();
    const held = pulled;
    expect(held).toBeLessThanOrEqual(2 * 2 + 2);
    for (const _ of range(20)) await iterator.next();
    expect(pulled).toBeGreaterThanOrEqual(21);
    await iterator.return?.();
  });

  it("L12 after a fail-fast failure nothing new starts, in a bulk batch of many requests", async () => {
    const backend = new HeldBackend<readonly number[], (number | Error)[]>();
    const subject = bulkRunnable(backend.call, { request: { maxInputs: 2 }, maxConcurrency: 2 });
    const running = watch(subject.batch(range(20)));
    await turn();
    backend.at(0).answer([0, new Error("boom")]);
    await turn();
    expect(running.state).toBe("rejected");
    backend.at(1).answer([2, 3]);
    await turn();
    expect(backend.calls).toHaveLength(2);
  });

  it("L13 a response of the wrong count is never a shift", async () => {
    const subject = bulkRunnable(async (inputs: readonly number[]) => inputs.filter((input) => input !== 4), {
      request: { maxInputs: 3 },
      maxConcurrency: 2,
    });
    const outputs = await subject.batch(range(9), { returnExceptions: true });
    expect([...outputs.slice(0, 3), ...outputs.slice(6)]).toEqual([0, 1, 2, 6, 7, 8]);
    expect(outputs.slice(3, 6).every((slot) => ResultError.isInstance(slot))).toBe(true);
  });
});
