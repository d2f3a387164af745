import {
  ArgumentError,
  bulkRunnable,
  InputError,
  ProviderError,
  type RequestEvent,
  runnable,
  TimeoutError,
} from "@batchwise/core";
import { failureOf, FakeClock, flush } from "@batchwise/testkit";
import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import { Runnable as TheirRunnable, RunnableLambda } from "@langchain/core/runnables";
import { getRetryable } from "@langchain/core/errors";
import { describe, expect, test } from "vitest";
import { fromLangChain, toLangChain } from "./index.ts";

const shout = runnable(async (text: string) => {
  if (text === "bad") throw new InputError("Refused.");
  return text.toUpperCase();
});

/** What traces are told, in short. */
class Trace extends BaseCallbackHandler {
  readonly name = "trace";
  override awaitHandlers = true;
  readonly lines: string[] = [];
  override handleChainStart(_chain: unknown, { input }: any, ...[, , , , , name]: any[]): void {
    this.lines.push(`start ${String(name)} ${String(input)}`);
  }
  override handleChainEnd({ output }: any): void {
    this.lines.push(`end ${String(output)}`);
  }
  override handleChainError(error: Error): void {
    this.lines.push(`error ${error.message}`);
  }
}

describe("it is a Runnable of theirs", () => {
  test("by class and by mark", () => {
    const theirs = toLangChain(shout);
    expect(theirs).toBeInstanceOf(TheirRunnable);
    expect((theirs as unknown as { lc_runnable: boolean }).lc_runnable).toBe(true);
    expect(theirs.getName()).toBe("FunctionRunnable");
    expect(toLangChain(shout, { name: "Shout" }).getName()).toBe("Shout");
  });

  test.for([
    [{ maxRetries: 3 }, "to have only returnExceptions and maxConcurrency, got `maxRetries`. Put what LangChain takes"],
    [{ return_exceptions: true }, "to have only returnExceptions and maxConcurrency, got `return_exceptions`."],
    [true, "to be an object such as { returnExceptions: true }, got true."],
    [null, "to be an object such as { returnExceptions: true }, got null."],
  ] as const)("a third argument of batch that LangChain does not know is refused: %j", async ([third, message]) => {
    const failure = await failureOf(toLangChain(shout).batch(["a"], {}, third as never));
    expect(ArgumentError.isInstance(failure)).toBe(true);
    expect(failure.message).toContain(`Expected \`batchOptions\` ${message}`);
  });

  test("invoke, batch, stream and pipe work", async () => {
    const theirs = toLangChain(shout);
    expect(await theirs.invoke("a")).toBe("A");
    expect(await theirs.batch(["a", "b"])).toEqual(["A", "B"]);
    expect(await theirs.batch([])).toEqual([]);
    const chunks: string[] = [];
    for await (const chunk of await theirs.stream("a")) chunks.push(chunk);
    expect(chunks).toEqual(["A"]);
    const chain = RunnableLambda.from((text: string) => `${text}!`)
      .pipe(theirs)
      .pipe((text: string) => `<${text}>`);
    expect(await chain.invoke("a")).toBe("<A!>");
    expect(await chain.batch(["a", "b"])).toEqual(["<A!>", "<B!>"]);
  });

  test("batch sends inputs in bulk", async () => {
    const sizes: number[] = [];
    const ours = bulkRunnable(
      async (texts: readonly string[]) => {
        sizes.push(texts.length);
        return texts.map((text) => text.length);
      },
      { request: { maxInputs: 2 } },
    );
    expect(await toLangChain(ours).batch(["a", "bb", "ccc"])).toEqual([1, 2, 3]);
    expect(sizes).toEqual([2, 1]);
  });
});

describe("failures", () => {
  test("returnExceptions puts the Error into its slot", async () => {
    const slots = await toLangChain(shout).batch(["a", "bad", "c"], {}, { returnExceptions: true });
    expect(slots).toEqual(["A", expect.any(InputError), "C"]);
  });

  test("P11 without it the batch rejects with the item's own error, and nothing more starts", async () => {
    const seen: string[] = [];
    const ours = runnable(async (text: string) => {
      seen.push(text);
      if (text === "bad") throw new InputError("Refused.");
      return text;
    });
    const error = await failureOf(toLangChain(ours).batch(["a", "bad", "c", "d"]));
    expect(InputError.isInstance(error)).toBe(true);
    await flush();
    expect(seen).toEqual(["a", "bad"]);
  });

  test("P26 theirs reads from an error whether to try again", async () => {
    for (const retryable of [true, false]) {
      const failing = runnable(async (): Promise<string> => {
        throw new ProviderError("Busy.", { status: 503, retryable });
      });
      const theirs = toLangChain(failing);
      expect(getRetryable(await failureOf(theirs.invoke("x")))).toBe(retryable);
      const [slot] = await theirs.batch(["x"], {}, { returnExceptions: true });
      expect(getRetryable(slot)).toBe(retryable);
      expect(slot).toMatchObject({ status: 503 });
    }
  });

  test("P24 what ends the whole batch ends every input's run", async () => {
    let calls = 0;
    const spent = runnable(async (): Promise<string> => {
      calls++;
      throw new ProviderError("Spent.", { code: "quota_exceeded", retryable: false });
    });
    const slots = await toLangChain(spent).batch(["a", "b", "c"], {}, { returnExceptions: true });
    expect(slots.map((slot) => (slot as ProviderError).code)).toEqual(Array(3).fill("quota_exceeded"));
    expect(calls).toBe(1);
  });

  test("P1 an Error among the inputs is an earlier step's: it stays, and is not sent", async () => {
    const earlier = new Error("step 1");
    const theirs = toLangChain(shout);
    const inputs = ["a", earlier as never, "c"];
    expect(await theirs.batch(inputs, {}, { returnExceptions: true })).toEqual(["A", earlier, "C"]);
  });

  test("options of ours that cannot be worked with are an ArgumentError", async () => {
    const theirs = toLangChain(shout, { maxConcurrency: -1 });
    expect(ArgumentError.isInstance(await failureOf(theirs.invoke("a")))).toBe(true);
    expect(ArgumentError.isInstance(await failureOf(theirs.batch(["a"])))).toBe(true);
    expect(() => toLangChain({} as never)).toThrow(ArgumentError);
  });
});

describe("the config of a call", () => {
  const failing = (calls: string[]) =>
    runnable(
      async (text: string): Promise<string> => {
        calls.push(text);
        throw new ProviderError("Busy.", { status: 503, retryable: true });
      },
      { retry: { attempts: 4, minDelayMs: 0 } },
    );

  test.each([
    [{}, 4],
    [{ maxRetries: 1 }, 2],
    [{ maxRetries: 0 }, 1],
  ])("P25 %o makes %i calls", async (config, expected) => {
    const calls: string[] = [];
    const theirs = toLangChain(failing(calls));
    await failureOf(theirs.invoke("x", config));
    expect(calls).toHaveLength(expected);
    await theirs.batch(["x"], config, { returnExceptions: true });
    expect(calls).toHaveLength(2 * expected);
  });

  test("P25 inside of a chain that ours drives, retries do not multiply", async () => {
    const calls: string[] = [];
    const chain = RunnableLambda.from((text: string) => text).pipe(toLangChain(failing(calls)));
    const ours = fromLangChain<string, string>(chain, { retry: { attempts: 3, minDelayMs: 0 } });
    await ours.batch(["x"], { returnExceptions: true });
    expect(calls).toHaveLength(3);
  });

  test.each([
    ["config", { maxConcurrency: 3 }, {}, 3],
    ["batchOptions", {}, { maxConcurrency: 4 }, 4],
    ["config before batchOptions", { maxConcurrency: 2 }, { maxConcurrency: 4 }, 2],
    ["nothing: the Runnable's own", {}, {}, 5],
  ])("maxConcurrency of %s holds", async (_, config, batchOptions, expected) => {
    let inFlight = 0;
    let peak = 0;
    const ours = runnable(
      async (value: number) => {
        peak = Math.max(peak, ++inFlight);
        await flush();
        inFlight--;
        return value;
      },
      { maxConcurrency: 5 },
    );
    await toLangChain(ours).batch([1, 2, 3, 4, 5, 6, 7, 8], config, batchOptions);
    expect(peak).toBe(expected);
  });

  test("P13 timeout runs from each call's dispatch", async () => {
    const clock = new FakeClock();
    const slow = runnable(
      (ms: number) =>
        new Promise<number>((resolve) => {
          clock.after(ms, () => resolve(ms));
        }),
    );
    const theirs = toLangChain(slow, { clock });
    const slots = theirs.batch([80, 90, 120, 70], { timeout: 100 }, { returnExceptions: true });
    expect(await clock.run(slots)).toEqual([80, 90, expect.any(TimeoutError), 70]);
    const late = failureOf(theirs.invoke(120, { timeout: 100 }));
    expect(TimeoutError.isInstance(await clock.run(late))).toBe(true);
  });

  test("P12 signal ends the batch at once, and aborts what is in flight", async () => {
    const signals: (AbortSignal | undefined)[] = [];
    const stuck = runnable((_: string, { signal }) => {
      signals.push(signal);
      return new Promise<string>(() => {});
    });
    const theirs = toLangChain(stuck);
    const controller = new AbortController();
    const reason = new Error("enough");
    const { signal } = controller;
    const runs = [
      failureOf(theirs.invoke("a", { signal })),
      failureOf(theirs.batch(["a", "b"], { signal })),
      failureOf(theirs.batch(["a", "b"], [{ signal }, { signal }])),
    ];
    const slots = theirs.batch(["a", "b"], { signal }, { returnExceptions: true });
    await expect.poll(() => signals.length).toBe(4);
    controller.abort(reason);
    expect(await Promise.all(runs)).toEqual([reason, reason, reason]);
    expect(await slots).toEqual([reason, reason]);
    await flush();
    expect(signals.map((each) => each?.aborted)).toEqual([true, true, true, true]);
  });

  test("one input's own signal ends that input alone", async () => {
    const controllers = [new AbortController(), new AbortController()];
    const release = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const ours = runnable(
      async (text: string) => {
        if (text === "b") started.resolve();
        await release.promise;
        return text;
      },
      { maxConcurrency: 2 },
    );
    const configs = controllers.map(({ signal }) => ({ signal }));
    const slots = toLangChain(ours).batch(["a", "b"], configs, { returnExceptions: true });
    await started.promise;
    const reason = new Error("enough");
    controllers[0]?.abort(reason);
    release.resolve();
    expect(await slots).toEqual([reason, "b"]);
  });

  test("when every input's own signal is aborted, so is the batch", async () => {
    const controllers = [new AbortController(), new AbortController()];
    const seen: (AbortSignal | undefined)[] = [];
    const ours = runnable((_: string, { signal }) => {
      seen.push(signal);
      return new Promise<string>(() => {});
    });
    const configs = controllers.map(({ signal }) => ({ signal }));
    const slots = toLangChain(ours).batch(["a", "b"], configs, { returnExceptions: true });
    await expect.poll(() => seen.length).toBe(1);
    const reasons = controllers.map((_each, index) => new Error(`enough ${index}`));
    for (const [index, controller] of controllers.entries()) controller.abort(reasons[index]);
    expect(await slots).toEqual(reasons);
    expect(seen[0]?.aborted).toBe(true);
  });

  test("options of ours hold for each batch", async () => {
    const events: RequestEvent[] = [];
    await toLangChain(shout, { onRequest: (event) => events.push(event) }).batch(["a", "b"]);
    expect(events).toHaveLength(2);
  });
});

describe("traces", () => {
  test("each input of a batch is a run of its own, with its own end", async () => {
    const trace = new Trace();
    const theirs = toLangChain(shout, { name: "Shout" });
    await theirs.batch(["a", "bad"], { callbacks: [trace] }, { returnExceptions: true });
    expect(trace.lines.toSorted()).toEqual(["end A", "error Refused.", "start Shout a", "start Shout bad"]);
  });

  test("a fail-fast batch ends the runs of the others too", async () => {
    const trace = new Trace();
    const error = await failureOf(toLangChain(shout).batch(["bad", "b", "c"], { callbacks: [trace] }));
    expect(error.message).toBe("Refused.");
    await expect.poll(() => trace.lines.filter((line) => line.startsWith("error"))).toHaveLength(3);
  });

  test("a traced object gives away neither options nor keys", () => {
    const theirs = toLangChain(shout, { name: "Shout" });
    expect(JSON.parse(JSON.stringify(theirs))).toEqual({
      lc: 1,
      type: "not_implemented",
      id: ["batchwise", "runnables", "BatchwiseRunnable"],
    });
  });
});
