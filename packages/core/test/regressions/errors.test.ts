import { inspect } from "node:util";
import {
  type BatchError,
  BatchwiseError,
  bulkRunnable,
  type CallOptions,
  codeOf,
  type FinishReport,
  InputError,
  ProviderError,
  type RetryEvent,
  type RetryOptions,
  ResultError,
  runnable,
  withRetry,
} from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { describe, expect, it } from "vitest";
import { range, reasonOf } from "./held-backend.ts";

/** How often an error that is thrown forever is called for, when four calls are allowed. */
async function callsFor(thrown: unknown, retry: RetryOptions = {}): Promise<number> {
  const clock = new FakeClock();
  let calls = 0;
  const subject = runnable(async (): Promise<number> => {
    calls += 1;
    throw thrown;
  });
  await clock.run(subject.batch([1], { clock, returnExceptions: true, retry: { attempts: 4, ...retry } }));
  return calls;
}

const failure = (fields: object, message = "failed"): Error => Object.assign(new Error(message), fields);

describe("what is worth another call", () => {
  it.for([
    ["429", failure({ status: 429 }), 4],
    ["408", failure({ status: 408 }), 4],
    ["409", failure({ status: 409 }), 4],
    ["500", failure({ status: 500 }), 4],
    ["529", failure({ status: 529 }), 4],
    ["400", failure({ status: 400 }), 1],
    ["401", failure({ status: 401 }), 1],
    ["404", failure({ status: 404 }), 1],
    ["422", failure({ status: 422 }), 1],
    ["400, said to be retryable", failure({ status: 400, retryable: true }), 4],
    ["503, said not to be", failure({ status: 503, retryable: false }), 1],
    ["a reset connection", failure({ code: "ECONNRESET" }), 4],
    ["fetch's TypeError", new TypeError("fetch failed", { cause: failure({ code: "ECONNREFUSED" }) }), 4],
    ["an error that says nothing", new Error("failed"), 4],
    ["a bad input", new InputError("Refused."), 1],
    ["P48 a broken response", new ResultError("Broken."), 3],
  ] as const)("P30 %s", async ([, thrown, calls]) => {
    expect(await callsFor(thrown)).toBe(calls);
  });

  it("P30 the words of a message decide nothing", async () => {
    expect(await callsFor(failure({ status: 400 }, "429 rate limit: overloaded, timeout, retry later"))).toBe(1);
    expect(await callsFor(failure({ status: 503 }, "400 invalid request: permanently refused, do not retry"))).toBe(4);
  });

  it("P30 shouldRetry has the last word", async () => {
    expect(await callsFor(failure({ status: 503 }), { shouldRetry: () => false })).toBe(1);
    expect(await callsFor(failure({ status: 400 }), { shouldRetry: () => true })).toBe(4);
  });

  it("P26 a thrown object keeps its status and its retryability when it is wrapped", async () => {
    expect(await callsFor({ status: 400 })).toBe(1);
    expect(await callsFor({ status: 503 })).toBe(4);
    expect(await callsFor({ retryable: false })).toBe(1);
  });

  it("P26 an Error around an error keeps the retryability of its cause", async () => {
    const refused = new ProviderError("Refused.", { retryable: false, status: 422 });
    expect(await callsFor(new Error("while embedding", { cause: refused }))).toBe(1);
    const busy = new ProviderError("Busy.", { retryable: true, status: 503 });
    expect(await callsFor(new BatchwiseErrorAround("while embedding", busy))).toBe(4);
  });

  it("P26 the slot and the cause hold the very error that was thrown, with its fields", async () => {
    const clock = new FakeClock();
    const thrown = new ProviderError("Busy.", {
      retryable: true,
      status: 503,
      requestId: "request-1",
    });
    const subject = runnable(
      async (): Promise<number> => {
        throw thrown;
      },
      { retry: { attempts: 3 } },
    );
    expect((await clock.run(subject.batch([1], { clock, returnExceptions: true })))[0]).toBe(thrown);
    const rejected = (await reasonOf(clock.run(subject.batch([1], { clock })))) as BatchError;
    expect(rejected.cause).toBe(thrown);
  });

  it("P26 a TypeError of the function's own is retried and kept like any other", async () => {
    const thrown = new TypeError("undefined is not a function");
    expect(await callsFor(thrown)).toBe(4);
    const [slot] = await runnable(async (): Promise<number> => {
      throw thrown;
    }).batch([1], { returnExceptions: true });
    expect(slot).toBe(thrown);
  });

  it("P25 retries do not multiply when a Runnable that retries is wrapped in another that does", async () => {
    const clock = new FakeClock();
    let calls = 0;
    const inner = runnable(
      async (): Promise<number> => {
        calls += 1;
        throw failure({ status: 503 });
      },
      { retry: { attempts: 3 } },
    );
    await clock.run(withRetry(inner, { attempts: 2 }).batch([1], { clock, returnExceptions: true }));
    expect(calls).toBe(2);
  });
});

class BatchwiseErrorAround extends BatchwiseError {
  override readonly retryable: boolean;
  constructor(message: string, cause: ProviderError) {
    super(message, { cause, code: cause.code });
    this.retryable = cause.retryable;
  }
}

describe("how long to wait", () => {
  async function delaysOf(retry: RetryOptions, thrown: () => Error, random?: () => number): Promise<number[]> {
    const clock = new FakeClock();
    const events: RetryEvent[] = [];
    const subject = runnable(async (): Promise<number> => {
      throw thrown();
    });
    const options = {
      clock,
      returnExceptions: true,
      retry,
      onRetry: (event: RetryEvent) => events.push(event),
    };
    await clock.run(subject.batch([1], random === undefined ? options : { ...options, random }));
    const delays = events.map((event) => event.delayMs);
    expect(clock.now()).toBe(delays.reduce((sum, delay) => sum + delay, 0));
    return delays;
  }

  it("P20 the backoff doubles, up to its maximum", async () => {
    const retry = { attempts: 6, minDelayMs: 100, maxDelayMs: 500, jitter: 0 };
    expect(await delaysOf(retry, () => failure({ status: 503 }))).toEqual([100, 200, 400, 500, 500]);
  });

  it("P20 factor and jitter steer it", async () => {
    const retry = { attempts: 4, minDelayMs: 100, factor: 3, jitter: 0 };
    expect(await delaysOf(retry, () => failure({ status: 503 }))).toEqual([100, 300, 900]);
    for (const random of [0, 0.5, 0.999]) {
      const delays = await delaysOf(
        { ...retry, jitter: 0.5 },
        () => failure({ status: 503 }),
        () => random,
      );
      for (const [step, delay] of delays.entries()) {
        expect(delay).toBeGreaterThanOrEqual(100 * 3 ** step * 0.5);
        expect(delay).toBeLessThanOrEqual(100 * 3 ** step * 1.5);
      }
    }
    const spread = await Promise.all(
      [0, 0.999].map((random) =>
        delaysOf(
          { ...retry, jitter: 1 },
          () => failure({ status: 503 }),
          () => random,
        ),
      ),
    );
    expect(spread[0]).not.toEqual(spread[1]);
  });

  const limited = (retryAfterMs?: number): ProviderError =>
    new ProviderError("Limited.", {
      retryable: true,
      status: 429,
      code: "rate_limited",
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });

  it("P21 a 429 that names no wait is still retried", async () => {
    expect(await callsFor(limited())).toBe(4);
  });

  it("P23 a wait over a minute is obeyed in full", async () => {
    const [delay] = await delaysOf({ attempts: 2, minDelayMs: 10, maxDelayMs: 1000, jitter: 0 }, () => limited(90_000));
    expect(delay).toBeGreaterThanOrEqual(90_000);
  });

  it("P23 past the caller's cap the item fails at once with the wait that was asked for", async () => {
    const clock = new FakeClock();
    const subject = runnable(async (): Promise<number> => {
      throw limited(90_000);
    });
    const retry = { attempts: 3, maxRetryAfterMs: 60_000 };
    const [slot] = await clock.run(subject.batch([1], { clock, retry, returnExceptions: true }));
    expect(ProviderError.isInstance(slot) && slot.retryAfterMs).toBe(90_000);
    expect(clock.now()).toBe(0);
  });
});

describe("responses that break their promise", () => {
  const broken: readonly (readonly [string, (inputs: readonly number[]) => unknown])[] = [
    ["too few", (inputs) => inputs.slice(1)],
    ["too many", (inputs) => [...inputs, 0]],
    ["undefined", () => undefined],
    ["null", () => null],
    ["a non-array", () => ({ length: 2, 0: 1, 1: 2 })],
    ["a string of the right length", (inputs) => "x".repeat(inputs.length)],
  ];

  it.for(broken)(
    "P6 P48 invokeMany that gives %s is asked twice more, then in halves, and no result is guessed",
    async ([, answer]) => {
      const clock = new FakeClock();
      const requests: string[] = [];
      const subject = bulkRunnable(
        async (inputs: readonly number[]) => {
          requests.push(inputs.join(""));
          return (inputs.includes(0) ? answer(inputs) : [...inputs]) as number[];
        },
        { request: { maxInputs: 2 }, retry: { attempts: 3 } },
      );
      const [first, ...others] = await clock.run(subject.batch(range(6), { clock, returnExceptions: true }));
      expect(others).toEqual([1, 2, 3, 4, 5]);
      expect(ResultError.isInstance(first)).toBe(true);
      expect((first as Error).message).toMatch(/1/);
      expect(requests.toSorted()).toEqual(["0", "01", "01", "01", "1", "23", "45"]);
    },
  );

  it.for(broken)(
    "P6 without retries, invokeMany that gives %s is a ResultError for that request's items alone",
    async ([, answer]) => {
      const subject = bulkRunnable(
        async (inputs: readonly number[]) => (inputs.includes(0) ? answer(inputs) : [...inputs]) as number[],
        { request: { maxInputs: 2 } },
      );
      const outputs = await subject.batch(range(6), { returnExceptions: true });
      expect(outputs.slice(2)).toEqual([2, 3, 4, 5]);
      for (const slot of outputs.slice(0, 2)) {
        expect(ResultError.isInstance(slot)).toBe(true);
        expect((slot as Error).message).toMatch(/2/);
      }
    },
  );

  it("P6 what other requests had finished is in the outcomes of a fail-fast batch", async () => {
    const subject = bulkRunnable(async (inputs: readonly number[]) => (inputs.includes(4) ? [] : [...inputs]), {
      request: { maxInputs: 2 },
      maxConcurrency: 1,
    });
    const rejected = (await reasonOf(subject.batch(range(6)))) as BatchError;
    expect(ResultError.isInstance(rejected.cause)).toBe(true);
    expect(rejected.outcomes.filter((outcome) => outcome.status === "fulfilled").map((each) => each.index)).toEqual(
      range(4),
    );
  });
});

describe("what errors tell", () => {
  const secret = `sk-${"secret".repeat(2000)}`;
  const text = `the private text ${"of a customer ".repeat(1000)}`;
  const inputs = [text, secret, text];

  it("P35 no error message holds an input, whatever went wrong", async () => {
    const clock = new FakeClock();
    const echo = async (input: string): Promise<string> => input;
    const many = bulkRunnable(async (): Promise<string[]> => []);
    const refusing = {
      "~standard": {
        version: 1 as const,
        vendor: "test",
        validate: () => ({ issues: [{ message: "refused" }] }),
      },
    };
    const never = runnable((): Promise<string> => new Promise(() => {}));
    const failing = runnable(async (): Promise<string> => {
      throw new Error("down");
    });
    const rejections = await Promise.all(
      [
        many.batch(inputs),
        runnable(echo).batch(inputs, { schema: refusing }),
        failing.batch(inputs),
        clock.run(never.batch(inputs, { timeoutMs: 5, clock })),
        runnable(echo).batch(text as unknown as string[]),
        runnable(echo).batch({ secret } as unknown as string[]),
        runnable(echo, { weigh: () => ({ tokens: 10 }) }).batch(inputs, { maxTokens: 1 }),
        runnable(echo).batch(inputs, { maxConcurrency: secret as unknown as number }),
      ].map((promise) => reasonOf(promise)),
    );
    for (const rejection of rejections) {
      expect(rejection).toBeInstanceOf(Error);
      const shown = `${inspect(rejection, { depth: 9 })} ${JSON.stringify(rejection)}`;
      expect(shown).not.toContain("secretsecret");
      expect(shown).not.toContain("private text");
      expect((rejection as Error).message.length).toBeLessThan(500);
    }
  });

  it("P35 the report groups failures by code", async () => {
    let finish: FinishReport | undefined;
    const errors = [
      new InputError("Refused."),
      new InputError("Refused."),
      new ProviderError("Busy.", { retryable: true, code: "rate_limited" }),
      new Error("plain"),
    ];
    const subject = runnable(async (input: number) => {
      const thrown = errors[input];
      if (thrown !== undefined) throw thrown;
      return input;
    });
    await subject.batch(range(6), {
      returnExceptions: true,
      onFinish: (report) => (finish = report),
    });
    expect(finish?.failures).toEqual({ invalid_input: 2, rate_limited: 1, unknown: 1 });
    expect(finish).toMatchObject({ status: "completed", fulfilled: 2, rejected: 4, unfinished: 0 });
    expect(codeOf(errors[0])).toBe("invalid_input");
  });

  it("P8 a source that throws half way lets everything pulled finish", async () => {
    const thrown = new Error("disk gone");
    async function* source(): AsyncGenerator<number> {
      yield* [0, 1, 2];
      throw thrown;
    }
    for (const returnExceptions of [false, true]) {
      let finish: FinishReport | undefined;
      const subject = runnable(
        async (input: number, _options: CallOptions) => {
          await new Promise((resolve) => setImmediate(resolve));
          return input * 2;
        },
        { maxConcurrency: 8 },
      );
      const rejected = (await reasonOf(
        subject.batch(source(), { returnExceptions, onFinish: (report) => (finish = report) }),
      )) as BatchError<number, number>;
      expect(rejected.code).toBe("batch_failed");
      expect(rejected.cause).toBe(thrown);
      expect(rejected.outcomes).toEqual(
        range(3).map((index) => ({ index, input: index, status: "fulfilled", value: index * 2 })),
      );
      expect(finish?.status).toBe("failed");
    }
  });
});
