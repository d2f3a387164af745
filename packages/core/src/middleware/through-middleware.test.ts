import {
  ArgumentError,
  BatchError,
  BudgetError,
  bulkRunnable,
  type BatchInfo,
  type BatchOptions,
  type Call,
  type CallReport,
  type Clock,
  type FinishReport,
  InputError,
  type Middleware,
  ProviderError,
  Runnable,
  runnable,
  type StandardSchema,
  TimeoutError,
  withConfig,
  withFallbacks,
  withRetry,
} from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { describe, expect, it } from "vitest";

const shout = (calls: string[][] = []): Runnable<string, string> =>
  bulkRunnable(
    async (texts: string[], { report }) => {
      calls.push([...texts]);
      report?.({ usage: { inputTokens: texts.length }, requestId: `r${calls.length}` });
      return texts.map((text) => text.toUpperCase());
    },
    { request: { maxInputs: 2 }, maxConcurrency: 1 },
  );

/** A schema that takes everything. */
const accepting = (): StandardSchema<unknown, string> => ({
  "~standard": { version: 1, vendor: "test", validate: (value) => ({ value: value as string }) },
});

const sleep = (ms: number, clock: Clock): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));

function throwing(error: Error): () => never {
  return () => {
    throw error;
  };
}

/** Middleware that notes calls, and runs `then` around them. */
function noting(calls: Call[], then: Middleware["call"] = (call, next) => next(call)): Middleware {
  return { call: (call, next) => (calls.push(call), then(call, next)) };
}

describe("a call's middleware", () => {
  it("sees each call with its inputs and its attempt, and what came of it", async () => {
    const clock = new FakeClock();
    const seen: unknown[] = [];
    let refusals = 1;
    const flaky = bulkRunnable(
      async (texts: string[], { report }) => {
        if (refusals-- > 0) throw new ProviderError("Busy.", { retryable: true, status: 503 });
        report?.({ usage: { inputTokens: 4 }, requestId: "r" });
        return texts;
      },
      { retry: { attempts: 2 }, price: { perMillionInputTokens: 2 } },
    );
    const subject = withConfig(flaky, {
      middleware: [
        {
          async call(call, next) {
            seen.push([call.inputs, call.attempt, call.price]);
            const result = await next(call);
            seen.push(result);
            return result;
          },
        },
      ],
    });
    expect(await clock.run(subject.batch(["a", "b"], { clock }))).toEqual(["a", "b"]);
    const price = { perMillionInputTokens: 2 };
    expect(seen).toEqual([
      [["a", "b"], 1, price],
      [["a", "b"], 2, price],
      { results: ["a", "b"], usage: { inputTokens: 4 }, requestId: "r" },
    ]);
  });

  it("is composed by withConfig, what comes later further outside, and for invoke as well", async () => {
    const order: string[] = [];
    const named = (name: string): Middleware => ({
      async call(call, next) {
        order.push(`${name} in`);
        const result = await next(call);
        order.push(`${name} out`);
        return result;
      },
    });
    const inner = withConfig(shout(), { middleware: [named("a"), named("b")] });
    const subject = withRetry(withConfig(inner, { middleware: [named("c")], timeoutMs: 1000 }));
    expect(await subject.invoke("x")).toBe("X");
    expect(order).toEqual(["c in", "b in", "a in", "a out", "b out", "c out"]);
  });

  it("may change inputs and outputs, or answer by itself", async () => {
    const calls: string[][] = [];
    const subject = withConfig(shout(calls), {
      middleware: [
        {
          call: (call, next) => (call.inputs.includes("known") ? Promise.resolve({ results: ["KNOWN!"] }) : next(call)),
        },
        {
          async call(call, next) {
            const { results } = await next({
              ...call,
              inputs: call.inputs.map((text) => text.replace("secret", "***")),
            });
            return { results: results.map((result) => (result instanceof Error ? result : `${result}.`)) };
          },
        },
      ],
    });
    expect(await subject.batch(["a secret", "b"])).toEqual(["A ***.", "B."]);
    expect(await subject.batch(["known"])).toEqual(["KNOWN!."]);
    expect(calls).toEqual([["a ***", "b"]]);
  });

  it("goes around the calls of each step of a pipe and each fallback, also within another pipe", async () => {
    const calls: Call[] = [];
    const failing = runnable(async (text: string): Promise<string> => {
      throw new InputError(`Too long: ${text.length} characters.`);
    });
    const pipe = withConfig(shout().pipe(withFallbacks(failing, [runnable(async (text: string) => `${text}?`)])), {
      middleware: [noting(calls)],
    });
    expect(await pipe.batch(["a", "b"])).toEqual(["A?", "B?"]);
    expect(calls.map(({ inputs }) => inputs)).toEqual([["a", "b"], ["A"], ["A"], ["B"], ["B"]]);
    expect(await pipe.pipe(shout()).batch(["c"])).toEqual(["C?"]);
    expect(calls).toHaveLength(8);
  });

  it("goes once around each call of a pipe, however it is composed, and for invoke as well", async () => {
    const order: string[] = [];
    const named = (name: string): Middleware => ({ call: (call, next) => (order.push(name), next(call)) });
    const step = withConfig(shout(), { middleware: [named("step")] });
    const pipe = withConfig(step.pipe(shout()), { middleware: [named("a")] });
    const all = withConfig(pipe, { middleware: [named("b")] });
    expect(await all.batch(["x"])).toEqual(["X"]);
    expect(order.splice(0)).toEqual(["b", "a", "step", "b", "a"]);
    expect(await all.invoke("x")).toBe("X");
    expect(order.splice(0)).toEqual(["b", "a", "step", "b", "a"]);
    expect(await all.pipe(shout()).invoke("x")).toBe("X");
    expect(order).toEqual(["b", "a", "step", "b", "a"]);
  });

  it("knows the schema to which its results are held: a step's own, and the batch's in the last one", async () => {
    const calls: Call[] = [];
    const [own, asked] = [accepting(), accepting()];
    const step = withConfig(shout(), { schema: own });
    const pipe = withConfig(step.pipe(shout()), { middleware: [noting(calls)] });
    await pipe.batch(["a"], { schema: asked });
    await withConfig(step, { middleware: [noting(calls)] }).batch(["a"]);
    expect(calls.map(({ schema }) => schema)).toEqual([own, asked, own]);
  });

  it("that goes on after its call's deadline disturbs no later call", async () => {
    const clock = new FakeClock();
    const waiting: (() => void)[] = [];
    const late: Middleware = {
      async call(call, next) {
        if (call.inputs.includes("slow")) {
          await new Promise<void>((resolve) => void waiting.push(resolve));
          throw new TypeError("Too late.");
        }
        waiting.pop()?.();
        await new Promise<void>((resolve) => clock.after(10, resolve));
        return next(call);
      },
    };
    const parents: unknown[] = [];
    const nested = withConfig(shout(), { middleware: [{ batch: ({ parent }) => void parents.push(parent?.inputs) }] });
    const outer = withConfig(
      runnable(async (text: string, options) => (await nested.batch([text], options))[0]),
      { middleware: [late] },
    );
    const options = { clock, timeoutMs: 50, returnExceptions: true } as const;
    const slots = await clock.run(outer.batch(["slow", "a", "b"], options));
    expect(slots).toEqual([expect.any(TimeoutError), "A", "B"]);
    expect(parents).toEqual([["a"], ["b"]]);
  });

  it("knows the functions around a call, the last one outermost", async () => {
    const seen: Call[] = [];
    const [a, b, c] = [noting(seen), noting(seen), noting(seen)];
    const step = withConfig(shout(), { middleware: [a, { batch: () => {} }, b] });
    await withConfig(step.pipe(shout()), { middleware: [c] }).batch(["x"]);
    const around = [a.call, b.call, c.call];
    expect(seen.map(({ hooks }) => hooks)).toEqual([around, around, around, [c.call]]);
  });

  it("is read when a batch begins: without functions that batch is run as if there were none", async () => {
    const seen: Call[] = [];
    let isOn = false;
    const subject = withConfig(shout(), {
      middleware: [
        {
          get call(): Middleware["call"] {
            return isOn ? noting(seen).call : undefined;
          },
        },
      ],
    });
    await subject.batch(["a"]);
    expect(seen).toEqual([]);
    isOn = true;
    await subject.batch(["a"]);
    expect(seen).toHaveLength(1);
  });

  it("sees no look-up, which reaches no provider", async () => {
    const calls: Call[] = [];
    const unknown = new InputError("Not known.");
    const lookUp = bulkRunnable<string, string>(
      async (texts: string[]) => texts.map((text) => (text === "known" ? "KNOWN" : unknown)),
      { lookUp: true },
    );
    const subject = withConfig(withFallbacks(lookUp, [shout()]), { middleware: [noting(calls)] });
    expect(await subject.batch(["known", "a"])).toEqual(["KNOWN", "A"]);
    expect(calls.map(({ inputs }) => inputs)).toEqual([["a"]]);
  });

  it("L14 works for a Runnable of one input a call, whatever its output is", async () => {
    const outputs = [undefined, null, 0, "", new Error("an output")];
    const subject = withConfig(
      runnable(async (index: number) => outputs[index]),
      {
        middleware: [{ call: (call, next) => next(call) }],
        maxConcurrency: 3,
      },
    );
    expect(await subject.batch([0, 1, 2, 3, 4])).toEqual(outputs);
  });

  it("L8 may answer without waiting for its call, whose permit is held until it ends, be it with a failure", async () => {
    const clock = new FakeClock();
    let [inFlight, most] = [0, 0];
    const failing = runnable(async (): Promise<string> => {
      most = Math.max(most, ++inFlight);
      await sleep(10, clock);
      inFlight--;
      throw new ProviderError("Busy.", { retryable: true, status: 503 });
    });
    const leaving: Middleware = { call: (call, next) => (void next(call), Promise.resolve({ results: ["x"] })) };
    const subject = withConfig(failing, { middleware: [leaving], maxConcurrency: 2 });
    expect(await clock.run(subject.batch(["a", "b", "c", "d"], { clock }))).toEqual(["x", "x", "x", "x"]);
    expect([most, clock.now()]).toEqual([2, 20]);
  });

  it("L6 an Error that it puts into a slot fails that input, also of one input a call", async () => {
    const refusing: Middleware = {
      async call(call, next) {
        const { results } = await next(call);
        return { results: results.map((result) => (result === "BAD" ? new InputError("Refused.") : result)) };
      },
    };
    const one = runnable(async (text: string) => text.toUpperCase());
    for (const inner of [shout(), one]) {
      const subject = withConfig(inner, { middleware: [refusing] });
      const ends: FinishReport[] = [];
      const onFinish = (report: FinishReport): void => void ends.push(report);
      const slots = await subject.batch(["a", "bad"], { returnExceptions: true, onFinish });
      expect(slots).toEqual(["A", expect.any(InputError)]);
      expect(ends[0]).toMatchObject({ fulfilled: 1, rejected: 1 });
      await expect(subject.invoke("bad")).rejects.toThrow("Refused.");
    }
  });

  it("L6 an error of its own may name the input that is to blame", async () => {
    const naming: Middleware = {
      call(call, next) {
        const position = call.inputs.indexOf("bad");
        if (position >= 0) throw Object.assign(new Error("Refused."), { position });
        return next(call);
      },
    };
    const outputs = await withConfig(shout(), { middleware: [naming] }).batch(["a", "bad", "b"], {
      returnExceptions: true,
    });
    expect(outputs).toEqual(["A", expect.objectContaining({ position: 1 }), "B"]);
  });

  it("L6 a decided error of its own fails these inputs alone", async () => {
    const subject = withConfig(shout(), {
      middleware: [
        {
          call(call, next) {
            if (call.inputs.includes("bad")) throw new InputError("Refused.");
            return next(call);
          },
        },
      ],
      request: { maxInputs: 1 },
    });
    const outputs = await subject.batch(["a", "bad", "b"], { returnExceptions: true });
    expect(outputs).toEqual(["A", expect.any(InputError), "B"]);
  });
});

it("P24 a BudgetError ends the batch: nothing more is sent", async () => {
  const calls: string[][] = [];
  let left = 1;
  const budget: Middleware = {
    call(call, next) {
      if (left-- > 0) return next(call);
      throw new BudgetError("Expected tokens to be left, got none.");
    },
  };
  const subject = withConfig(shout(calls), { middleware: [budget], request: { maxInputs: 1 } });
  let report: FinishReport | undefined;
  const onFinish = (last: FinishReport): void => void (report = last);
  const outputs = await subject.batch(["a", "b", "c", "d"], { returnExceptions: true, onFinish });
  expect(outputs).toEqual(["A", ...["b", "c", "d"].map(() => expect.any(BudgetError))]);
  expect(calls).toEqual([["a"]]);
  expect(report).toMatchObject({ status: "stopped", fulfilled: 1, rejected: 1, unfinished: 2 });
});

describe("middleware at fault ends the batch, and what is paid is kept", () => {
  const faults: readonly (readonly [string, Middleware["call"], string, boolean])[] = [
    ["throws before the call", () => Promise.reject(new TypeError("oops")), "got an error, in `cause`", false],
    ["throws at once", throwing(new TypeError("oops")), "got an error, in `cause`", false],
    ["throws undefined", () => Promise.reject(undefined), "got an error, in `cause`", false],
    [
      "throws after the call",
      async (call, next) => {
        await next(call);
        throw new TypeError("oops");
      },
      "got an error, in `cause`",
      true,
    ],
    [
      "returns nothing",
      async (call, next) => void (await next(call)) as never,
      "got undefined. Return what next gives.",
      true,
    ],
    ["returns too few", async () => ({ results: [] }), "to return 2 results, got 0 results", false],
    [
      "calls on twice",
      async (call, next) => {
        await next(call);
        return next(call);
      },
      "to call next once, got two calls",
      true,
    ],
    [
      "calls on twice at once",
      async (call, next) => (await Promise.all([next(call), next(call)]))[0],
      "to call next once, got two calls",
      true,
    ],
    [
      "calls on twice and waits for neither",
      (call, next) => (void next(call), void next(call), Promise.resolve({ results: ["x", "y"] })),
      "to call next once, got two calls",
      true,
    ],
    [
      "throws while its call is in flight",
      (call, next) => (void next(call), Promise.reject(new TypeError("oops"))),
      "got an error, in `cause`",
      true,
    ],
    [
      "throws at once while its call is in flight",
      (call, next) => (void next(call), throwing(new TypeError("oops"))()),
      "got an error, in `cause`",
      true,
    ],
    ["returns nothing while its call is in flight", async (call, next) => void next(call) as never, "undefined", true],
    ["never calls on and returns nothing", async () => undefined as never, "got undefined", false],
    ["returns nothing at once", () => undefined as never, "got undefined", false],
  ];

  it.each(faults)("%s", async (_, call, message, isSent) => {
    const calls: string[][] = [];
    const subject = withConfig(shout(calls), { middleware: [{ call: call! }] });
    let report: FinishReport | undefined;
    const onFinish = (last: FinishReport): void => void (report = last);
    const error = await subject
      .batch(["a", "b", "c", "d"], { onFinish, returnExceptions: true })
      .catch((thrown) => thrown);
    expect(error).toBeInstanceOf(BatchError);
    const { cause, outcomes } = error as BatchError;
    expect(cause).toBeInstanceOf(ArgumentError);
    expect((cause as Error).message).toContain(message);
    expect(report?.status).toBe("failed");
    // One call at most was paid, and what it has brought is there.
    const values = outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : outcome.reason));
    expect([calls.length, ...values]).toEqual(isSent ? [1, "A", "B"] : [0, cause, cause]);
  });

  it("keeps what is paid also where middleware further inside is on its way to the call", async () => {
    const clock = new FakeClock();
    const calls: string[][] = [];
    const slow: Middleware["call"] = async (call, next) => (await sleep(10, clock), next(call));
    const hasty: Middleware["call"] = (call, next) => (void next(call), Promise.reject(new TypeError("oops")));
    const subject = withConfig(shout(calls), { middleware: [{ call: slow }, { call: hasty }] });
    const error = await clock.run(subject.batch(["a", "b", "c"], { clock })).catch((thrown) => thrown);
    expect((error as BatchError).outcomes).toMatchObject([{ value: "A" }, { value: "B" }]);
    expect(calls).toEqual([["a", "b"]]);
  });

  it("L7 that never ends its call keeps no batch from being aborted, or from its deadline", async () => {
    const clock = new FakeClock();
    const calls: string[][] = [];
    const subject = withConfig(shout(calls), { middleware: [{ call: () => new Promise(() => undefined) }] });
    const stop = new AbortController();
    const aborted = subject.batch(["a", "b"], { clock, signal: stop.signal });
    clock.after(10, () => stop.abort(new Error("enough")));
    await expect(clock.run(aborted)).rejects.toThrow("enough");
    const late = clock.run(subject.batch(["a"], { clock, timeoutMs: 50, returnExceptions: true }));
    expect([await late, calls]).toEqual([[expect.any(TimeoutError)], []]);
  });

  it("L7 that leaves a call which never ends keeps no batch from being aborted, or from its deadline", async () => {
    const clock = new FakeClock();
    const hanging = runnable(() => new Promise<string>(() => undefined));
    const leaving: Middleware = { call: (call, next) => (void next(call), Promise.resolve({ results: ["x"] })) };
    const subject = withConfig(hanging, { middleware: [leaving] });
    const stop = new AbortController();
    const aborted = subject.batch(["a", "b"], { clock, signal: stop.signal });
    clock.after(10, () => stop.abort(new Error("enough")));
    await expect(clock.run(aborted)).rejects.toThrow("enough");
    const late = clock.run(subject.batch(["a"], { clock, timeoutMs: 50, returnExceptions: true }));
    expect(await late).toEqual([expect.any(TimeoutError)]);
  });

  it("L12 starts nothing more", async () => {
    const calls: string[][] = [];
    const subject = withConfig(shout(calls), {
      middleware: [{ call: () => Promise.reject(new Error("a bug")) }],
      maxConcurrency: 1,
    });
    await expect(subject.batch(["a", "b", "c", "d"])).rejects.toThrow(BatchError);
    expect(calls).toEqual([]);
  });
});

/** Its settings are no settings. */
class Unfit extends Runnable<string, string> {
  override readonly settings = { maxConcurrency: -1 };

  override async invoke(text: string): Promise<string> {
    return text;
  }
}

describe("a batch's middleware", () => {
  it("sees batches begin and end, by every method, with listeners before the caller's own, at the end after it", async () => {
    const heard: string[] = [];
    const watch: Middleware = {
      batch: ({ method, size }) => {
        heard.push(`${method} of ${size} begins`);
        return {
          onRequest: ({ inputs }) => void heard.push(`request of ${inputs}`),
          onProgress: ({ done }) => void heard.push(`${done} done`),
          onFinish: ({ status, fulfilled }) => void heard.push(`${status}, ${fulfilled}`),
        };
      },
    };
    const subject = withConfig(shout(), { middleware: [watch] });
    await subject.batch(["a", "b", "c"], { onFinish: () => void heard.push("caller's own"), progressIntervalMs: 1e9 });
    expect(heard.splice(0)).toEqual([
      "batch of 3 begins",
      "request of 2",
      "1 done",
      "request of 1",
      "3 done",
      "caller's own",
      "completed, 3",
    ]);
    for await (const outcome of subject.batchAsCompleted(["a"].values())) expect(outcome.status).toBe("fulfilled");
    for await (const outcome of subject.batchInOrder(["a"])) expect(outcome.status).toBe("fulfilled");
    await subject.invoke("a");
    expect(heard.filter((line) => line.includes("begins"))).toEqual([
      "batchAsCompleted of undefined begins",
      "batchInOrder of 1 begins",
      "invoke of 1 begins",
    ]);
  });

  it("is asked from outside to inside, and hears from inside to outside", async () => {
    const heard: string[] = [];
    const named = (name: string): Middleware => ({
      batch: () => {
        heard.push(`${name} begins`);
        return { onRequest: () => void heard.push(`${name} request`), onFinish: () => void heard.push(`${name} ends`) };
      },
    });
    const subject = withConfig(withConfig(shout(), { middleware: [named("a")] }), { middleware: [named("b")] });
    await subject.batch(["x"]);
    expect(heard).toEqual(["b begins", "a begins", "a request", "b request", "a ends", "b ends"]);
  });

  /** Notes what each batch was and how it ended. */
  const noteEnds = (ends: unknown[]): Middleware => ({
    batch: ({ method }) => ({
      onFinish: ({ status, reason, fulfilled }) => void ends.push([method, status, reason, fulfilled]),
    }),
  });

  it("hears of a batch that could not be started: it has failed, and nothing is in its report", async () => {
    const ends: unknown[] = [];
    const calls: string[][] = [];
    const subject = withConfig(shout(calls), { middleware: [noteEnds(ends)] });
    const wrong = [{ maxConcurrency: 0 }, { onFinish: 1 }, null] as never[];
    for (const options of wrong) await expect(subject.batch(["a"], options)).rejects.toThrow(ArgumentError);
    await expect(subject.batchAsCompleted(["a"], wrong[0]).next()).rejects.toThrow(ArgumentError);
    const unfit = withConfig(shout().pipe(new Unfit()), { middleware: [noteEnds(ends)] });
    await expect(unfit.batch(["a"])).rejects.toThrow(ArgumentError);
    const refused = expect.any(ArgumentError);
    expect(ends).toEqual([
      ["batch", "failed", refused, 0],
      ["batch", "failed", refused, 0],
      ["batch", "failed", refused, 0],
      ["batchAsCompleted", "failed", refused, 0],
      ["batch", "failed", refused, 0],
    ]);
    expect(calls).toEqual([]);
  });

  it("hears how a batch ended whose own onFinish, or another middleware's, throws", async () => {
    const ends: unknown[] = [];
    const own = new RangeError("The caller's.");
    const subject = withConfig(shout(), { middleware: [noteEnds(ends)] });
    await expect(subject.batch(["a"], { onFinish: throwing(own) })).rejects.toMatchObject({ cause: own });
    const other = new RangeError("A middleware's.");
    const between = withConfig(
      withConfig(shout(), { middleware: [{ batch: () => ({ onFinish: throwing(other) }) }] }),
      {
        middleware: [noteEnds(ends)],
      },
    );
    await expect(between.batch(["a"])).rejects.toMatchObject({ cause: other });
    expect(ends).toEqual([
      ["batch", "failed", own, 1],
      ["batch", "failed", other, 1],
    ]);
  });

  it("knows the options that the caller has given", async () => {
    const infos: BatchInfo[] = [];
    const subject = withConfig(shout(), {
      middleware: [{ batch: (info) => void infos.push(info) }],
      callOptions: ["tenant"],
    });
    const { signal } = new AbortController();
    await subject.batch(["a"], { signal, returnExceptions: true, tenant: "ada" } as BatchOptions);
    expect(infos[0]?.options).toEqual({ signal, returnExceptions: true, tenant: "ada" });
  });

  it("of a pipe is called for the pipe, and not for its steps", async () => {
    const begun: string[] = [];
    const watch = (name: string): Middleware => ({ batch: () => void begun.push(name) });
    const step = withConfig(shout(), { middleware: [watch("step")] });
    await withConfig(step.pipe(shout()), { middleware: [watch("pipe")] }).batch(["a"]);
    expect(begun).toEqual(["pipe"]);
  });

  it("that throws refuses the batch: nothing is sent", async () => {
    const calls: string[][] = [];
    const refuse: Middleware = {
      batch: () => {
        throw new InputError("No batches today.");
      },
    };
    const subject = withConfig(shout(calls), { middleware: [refuse] });
    await expect(subject.batch(["a"], { returnExceptions: true })).rejects.toThrow("No batches today.");
    await expect(subject.invoke("a")).rejects.toThrow("No batches today.");
    expect(calls).toEqual([]);

    // The one outside has begun, and hears of the end.
    const ends: unknown[] = [];
    await expect(withConfig(subject, { middleware: [noteEnds(ends)] }).batch(["a"])).rejects.toThrow(
      "No batches today.",
    );
    expect(ends).toEqual([["batch", "failed", expect.any(InputError), 0]]);
  });

  it("knows the call that it is nested in, and its own calls know the batch", async () => {
    const infos: BatchInfo[] = [];
    const calls: Call[] = [];
    const watch: Middleware = { batch: (info) => void infos.push(info), ...noting(calls) };
    const inner = withConfig(shout(), { middleware: [watch] });
    const outer = withConfig(
      runnable(async (text: string, options) => (await inner.batch(Array.from(text), options)).join("")),
      { middleware: [watch] },
    );
    expect(await outer.batch(["ab"])).toEqual(["AB"]);
    expect(infos.map(({ parent }) => parent?.inputs)).toEqual([undefined, ["ab"]]);
    expect(calls.map(({ batch }) => infos.indexOf(batch))).toEqual([0, 1]);
    expect(infos[1]?.parent).toBe(calls[0]);
  });
});

it("what a call reports reaches the caller through middleware, once", async () => {
  const reports: CallReport[] = [];
  const subject = withConfig(shout(), { middleware: [{ call: (call, next) => next(call) }] });
  await subject.batch(["a", "b", "c"], { report: (report) => void reports.push(report) });
  expect(reports).toEqual([{ usage: { inputTokens: 2 } }, { usage: { inputTokens: 1 } }]);
});

it("a batch that outlives the owner of its middleware goes on", async () => {
  const owner: { middleware?: Middleware } = { middleware: { call: (call, next) => next(call) } };
  const subject = withConfig(shout(), { middleware: [owner.middleware!] });
  const running = subject.batch(["a", "b", "c", "d"]);
  delete owner.middleware;
  expect(await running).toEqual(["A", "B", "C", "D"]);
});
