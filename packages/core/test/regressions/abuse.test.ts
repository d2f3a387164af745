import {
  ArgumentError,
  autoBatch,
  type BatchError,
  type BatchOptions,
  bulkRunnable,
  InputError,
  rateLimiter,
  runnable,
  withConfig,
  withFallbacks,
  withRetry,
} from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { describe, expect, it } from "vitest";
import { drained, range, reasonOf } from "./held-backend.ts";

/** A Runnable that counts its calls, and takes anything a user of plain JavaScript may hand over. */
function careless(): {
  readonly calls: () => number;
  readonly batch: (inputs: unknown, options?: unknown) => Promise<unknown[]>;
  readonly subject: ReturnType<typeof runnable<number, number>>;
} {
  let calls = 0;
  const subject = runnable(async (input: number) => {
    calls += 1;
    return input;
  });
  return {
    subject,
    calls: () => calls,
    batch: (inputs, options) => subject.batch(inputs as number[], options as BatchOptions),
  };
}

/** What a function throws or rejects with. */
const faultOf = (act: () => unknown): Promise<unknown> => reasonOf((async () => act())());

describe("bad input", () => {
  it.for([
    ["null", null, /null/],
    ["undefined", undefined, /undefined/],
    ["a number", 5, /number/],
    ["a string", "a string", /string/],
    ["a plain object", { length: 1 }, /object/i],
    ["a function", (): number[] => [1], /function/],
    ["a promise of an array", Promise.resolve([1]), /object|promise/i],
    ["an object whose iterator is no function", { [Symbol.iterator]: 1 }, /object|iterator/i],
  ] as const)("batch(%s) is refused, and nothing is called", async ([, inputs, came]) => {
    const { batch, calls, subject } = careless();
    const faults = [
      await reasonOf(batch(inputs)),
      await reasonOf(batch(inputs, { returnExceptions: true })),
      await faultOfIterating(() => subject.batchAsCompleted(inputs as number[])),
      await faultOfIterating(() => subject.batchInOrder(inputs as number[])),
      await faultOf(() => subject.estimate(inputs as number[])),
    ];
    for (const fault of faults) {
      expect(ArgumentError.isInstance(fault)).toBe(true);
      expect((fault as ArgumentError).code).toBe("invalid_argument");
      expect((fault as Error).message).toMatch(/iterable|array/i);
      expect((fault as Error).message).toMatch(came);
    }
    expect(calls()).toBe(0);
  });

  it("a faulty argument rejects and never throws at the caller of batch", async () => {
    const { batch } = careless();
    const promise = batch(null);
    expect(promise).toBeInstanceOf(Promise);
    await reasonOf(promise);
  });

  it.for([
    ["maxConcurrency", [0, -1, 1.5, Number.NaN, Number.NEGATIVE_INFINITY, "4", null, 2n]],
    ["timeoutMs", [-1, Number.NaN, "5", null]],
    ["maxWaitMs", [-1, Number.NaN, "5"]],
    ["progressIntervalMs", [-1, Number.NaN, "5"]],
    ["maxCost", [-1, Number.NaN, "5"]],
    ["maxTokens", [-1, Number.NaN, "5"]],
    ["returnExceptions", ["yes", 1, null]],
    ["signal", [{}, true, new AbortController()]],
    ["drain", [{}, true, new AbortController()]],
    ["retry", [true, 3, "often", { attempts: 0 }, { attempts: 1.5 }, { attempts: "3" }, { minDelayMs: -1 }]],
    ["retry", [{ maxDelayMs: -1 }, { factor: Number.NaN }, { jitter: 2 }, { maxRetryAfterMs: -1 }, { shouldRetry: 1 }]],
    ["retry", [{ attemps: 3 }]],
    [
      "request",
      [{ maxInputs: 0 }, { maxInputs: 1.5 }, { maxTokens: -1 }, { maxBytes: Number.NaN }, 5, { maxInput: 1 }],
    ],
    ["limiter", [{}, 5, null]],
    ["schema", [{}, 5, null, { "~standard": {} }]],
    ["dedupe", ["yes", 1, {}]],
    ["onProgress", [1, {}]],
    ["onFinish", [1, {}]],
    ["onRetry", [1, {}]],
    ["onRequest", [1, {}]],
    ["clock", [{}, 5, { now: () => 0 }]],
    ["random", [0.5, {}]],
  ] as const)("option %s is validated and named: %o", async ([name, values]) => {
    const { batch, calls } = careless();
    for (const value of values) {
      const fault = await reasonOf(batch([1, 2], { [name]: value }));
      expect(ArgumentError.isInstance(fault), `${name} of type ${typeof value}`).toBe(true);
      expect((fault as Error).message).toContain(name);
    }
    expect(calls()).toBe(0);
  });

  it("the message about maxConcurrency names what was expected and what came", async () => {
    const { batch } = careless();
    const fault = (await reasonOf(batch([1], { maxConcurrency: 2.5 }))) as Error;
    expect(fault.message).toMatch(/whole number/i);
    expect(fault.message).toContain("2.5");
  });

  it("an unknown option is refused by name, with the one that was meant", async () => {
    const { batch, calls } = careless();
    const fault = (await reasonOf(batch([1], { maxConcurency: 3 }))) as Error;
    expect(ArgumentError.isInstance(fault)).toBe(true);
    expect(fault.message).toContain("maxConcurency");
    expect(fault.message).toContain("maxConcurrency");
    expect(calls()).toBe(0);
  });

  it.for([["a string", "fast"] as const, ["a number", 3] as const, ["a function", (): void => {}] as const])(
    "options that are %s are refused",
    async ([, options]) => {
      const { batch, calls } = careless();
      expect(ArgumentError.isInstance(await reasonOf(batch([1], options)))).toBe(true);
      expect(calls()).toBe(0);
    },
  );

  it("an option that is undefined counts as left out", async () => {
    const { batch } = careless();
    const options = {
      maxConcurrency: undefined,
      signal: undefined,
      retry: undefined,
      schema: undefined,
    };
    expect(await batch([1, 2], options)).toEqual([1, 2]);
  });

  it("Infinity is a legitimate cap", async () => {
    const { batch } = careless();
    expect(await batch(range(50), { maxConcurrency: Number.POSITIVE_INFINITY })).toEqual(range(50));
  });

  it("an adapter's own call option is known, reaches the call, and others are still refused", async () => {
    const seen: unknown[] = [];
    const subject = bulkRunnable(
      async (inputs: readonly number[], options) => {
        seen.push((options as { dimensions?: number }).dimensions);
        return [...inputs];
      },
      { callOptions: ["dimensions"] },
    );
    const options = { dimensions: 256 } as BatchOptions;
    expect(await subject.batch([1], options)).toEqual([1]);
    expect(seen).toEqual([256]);
    expect(ArgumentError.isInstance(await reasonOf(subject.batch([1], { dimension: 1 } as BatchOptions)))).toBe(true);
  });
});

describe("bad construction", () => {
  const one = runnable(async (input: number) => input);
  it.for([
    ["runnable(null)", (): unknown => runnable(null as never)],
    ["bulkRunnable(5)", (): unknown => bulkRunnable(5 as never)],
    ["runnable with maxConcurrency 0", (): unknown => runnable(async () => 1, { maxConcurrency: 0 })],
    ["runnable with an unknown setting", (): unknown => runnable(async () => 1, { maxConcurency: 1 } as never)],
    ["withRetry with attempts 0", (): unknown => withRetry(one, { attempts: 0 })],
    ["withRetry of no Runnable", (): unknown => withRetry({} as never, { attempts: 2 })],
    ["withConfig with timeoutMs -1", (): unknown => withConfig(one, { timeoutMs: -1 })],
    ["withFallbacks to no Runnable", (): unknown => withFallbacks(one, [null as never])],
    ["autoBatch with maxInputs 0", (): unknown => autoBatch(one, { maxWaitMs: 1, maxInputs: 0 })],
    ["autoBatch with maxWaitMs -1", (): unknown => autoBatch(one, { maxWaitMs: -1, maxInputs: 2 })],
    ["pipe to nothing", (): unknown => one.pipe(undefined as never)],
    ["pipe to a function", (): unknown => one.pipe((() => 1) as never)],
    ["rateLimiter with -1", (): unknown => rateLimiter({ requestsPerMinute: -1 })],
    ["rateLimiter with 0", (): unknown => rateLimiter({ tokensPerMinute: 0 })],
    ["rateLimiter with NaN", (): unknown => rateLimiter({ inputsPerMinute: Number.NaN })],
    ["rateLimiter with an unknown option", (): unknown => rateLimiter({ requestPerMinute: 1 } as never)],
  ] as const)("%s is refused when constructed", async ([, construct]) => {
    expect(ArgumentError.isInstance(await faultOf(construct))).toBe(true);
  });
});

describe("everyday errors", () => {
  const one = runnable(async (input: number) => input);

  it.for([
    ["another Runnable", one, "an object"],
    ["a function", (): number => 1, "a function"],
    ["nothing", undefined, "undefined"],
  ] as const)("withFallbacks(a, b) where b is %s says to put it into an array", async ([, other, kind]) => {
    expect(await faultOf(() => withFallbacks(one, other as never))).toEqual(
      new ArgumentError(`Expected \`fallbacks\` to be an array, got ${kind}. Write withFallbacks(runnable, [other]).`),
    );
  });

  it.for([
    [3, "got 3."],
    ["3", "got a string."],
    [null, "got null."],
  ] as const)(
    "withRetry(runnable, %j) says what retry options are, and does not go on without them",
    async ([retry, got]) => {
      expect(await faultOf(() => withRetry(one, retry as never))).toEqual(
        new ArgumentError(`Expected \`settings.retry\` to be retry options such as { attempts: 3 }, or false, ${got}`),
      );
    },
  );

  it("withRetry(runnable, { retries: 3 }), as p-retry has it, says what it is called here", async () => {
    const fault = (await faultOf(() => withRetry(one, { retries: 3 } as never))) as Error;
    expect(fault.message).toBe("Expected only known options, got `retry.retries`. Did you mean `retry.attempts`?");
  });

  it("a third argument of batch, as LangChain's has one, is refused: it would not be heard", async () => {
    const { subject, calls } = careless();
    const batch = subject.batch.bind(subject) as (...args: readonly unknown[]) => Promise<unknown>;
    expect(await reasonOf(batch([1], { maxConcurrency: 2 }, { returnExceptions: true }))).toEqual(
      new ArgumentError("Expected `options` to be one object, got two. Merge them."),
    );
    expect(calls()).toBe(0);
  });

  it("a batch that fails says which input failed first", async () => {
    const refusing = runnable(async (input: number) => {
      if (input === 3) throw new InputError("Expected a number other than 3, got 3. Leave it out.");
      return input;
    });
    expect(await reasonOf(refusing.batch([1, 2, 3, 4]))).toMatchObject({
      message: expect.stringMatching(/Input 2 failed\. Expected a number other than 3, got 3\. Leave it out\.$/),
    });
  });
});

describe("bad iterators", () => {
  it("an iterator that throws half way keeps what finished", async () => {
    const thrown = new Error("half way");
    const inputs: Iterable<number> = {
      *[Symbol.iterator]() {
        yield* [0, 1];
        throw thrown;
      },
    };
    const { batch } = careless();
    for (const options of [undefined, { returnExceptions: true }]) {
      const failure = (await reasonOf(batch(inputs, options))) as BatchError;
      expect(failure.cause).toBe(thrown);
      expect(failure.outcomes.map((outcome) => outcome.index)).toEqual([0, 1]);
    }
  });

  it.for(["batchAsCompleted", "batchInOrder"] as const)("%s yields what finished, then throws", async (method) => {
    const thrown = new Error("half way");
    async function* source(): AsyncGenerator<number> {
      yield* [0, 1];
      throw thrown;
    }
    const { subject } = careless();
    const read = await drained(subject[method](source()));
    expect(read.items.map((item) => item.index)).toEqual([0, 1]);
    expect((read.thrown as BatchError).code).toBe("batch_failed");
    expect((read.thrown as BatchError).cause).toBe(thrown);
  });

  it.for([
    ["throws when asked for an iterator", { [Symbol.iterator]: () => fail("no iterator") }],
    [
      "rejects its first pull",
      { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("no pull")) }) },
    ],
    ["gives results that are no objects", endless(() => Promise.resolve(5))],
    ["gives results that are no objects at once", { [Symbol.iterator]: endless(() => 5)[Symbol.asyncIterator] }],
    ["has no next", { [Symbol.asyncIterator]: () => ({}) }],
  ] as const)("a source that %s rejects the batch and hangs nothing", async ([, source]) => {
    const clock = new FakeClock();
    const { batch, calls } = careless();
    expect(await reasonOf(clock.run(batch(source, { clock })))).toBeInstanceOf(Error);
    expect(calls()).toBe(0);
  });

  it("a source whose return throws does not hide the failure that ended the batch", async () => {
    const boom = new Error("boom");
    let next = 0;
    const source: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false as const, value: next++ }),
        return: () => fail("return failed"),
      }),
    };
    const subject = runnable(async (): Promise<number> => {
      throw boom;
    });
    expect(((await reasonOf(subject.batch(source))) as BatchError).cause).toBe(boom);
  });
});

/** A source that answers every pull alike, and not forever, so that a test that fails does not hang. */
function endless(answer: () => unknown): { [Symbol.asyncIterator]: () => { next: () => unknown } } {
  let pulls = 0;
  return {
    [Symbol.asyncIterator]: () => ({ next: () => (pulls++ < 100 ? answer() : { done: true }) }),
  };
}

function fail(message: string): never {
  throw new Error(message);
}

/** What opening or reading an iterator throws. */
function faultOfIterating(open: () => AsyncIterable<unknown>): Promise<unknown> {
  return reasonOf(
    (async () => {
      for await (const item of open()) void item;
    })(),
  );
}
