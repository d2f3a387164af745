import {
  autoBatch,
  type Clock,
  type FinishReport,
  type Middleware,
  ProviderError,
  type RateLimiter,
  rateLimiter,
  type RequestEvent,
  runnable,
  withConfig,
  withFallbacks,
  withRetry,
} from "@batchwise/core";
import { flush } from "@batchwise/testkit";
import { describe, expect, it } from "vitest";
import { backendOf, texts } from "./fixtures/backend.ts";
import { withCache } from "./index.ts";

/** Counts what passes. Its pauses are on the batch's clock. */
function countingLimiter(clock?: Clock): {
  readonly limiter: RateLimiter;
  readonly demands: { requests: number; inputs: number }[];
} {
  const demands: { requests: number; inputs: number }[] = [];
  const inner = rateLimiter({ clock });
  return { demands, limiter: { reserve: (demand) => (demands.push({ ...demand }), inner.reserve(demand)) } };
}

/** A schema that takes numbers up to `most` and adds 100. */
function atMost(most: number): any {
  const validate = (value: number): object =>
    value <= most ? { value: value + 100 } : { issues: [{ message: "too much" }] };
  return { "~standard": { version: 1, vendor: "test", validate } };
}

describe("what the store has", () => {
  it("passes no limit, is no request and reaches no hook", async () => {
    const { bulk, backend } = backendOf();
    const { limiter, demands } = countingLimiter();
    const cached = withCache(bulk({ request: { maxInputs: 10 }, limiter }), { namespace: "n", store: new Map() });
    await cached.batch(texts(40));
    expect(demands).toHaveLength(4);

    const events: RequestEvent[] = [];
    const requests: number[] = [];
    let report: FinishReport | undefined;
    const outputs = await cached.batch(texts(40), {
      progressIntervalMs: 0,
      onRequest: (event) => events.push(event),
      onProgress: (progress) => requests.push(progress.requests),
      onFinish: (last) => (report = last),
    });
    expect(outputs).toEqual(texts(40).map((text) => text.length));
    expect(demands).toHaveLength(4);
    expect(backend.calls).toHaveLength(4);
    expect(events).toEqual([]);
    expect(new Set(requests)).toEqual(new Set([0]));
    expect(report).toMatchObject({ status: "completed", requests: 0, fulfilled: 40, rejected: 0, unfinished: 0 });
    expect(cached.stats()).toMatchObject({ hits: 40, misses: 40, saved: 40 });
  });

  it("leaves requests for the rest that are as full as without a cache", async () => {
    const { bulk, backend } = backendOf();
    const cached = withCache(bulk({ request: { maxInputs: 20 } }), { namespace: "n", store: new Map() });
    const all = texts(1000);
    await cached.batch(all.filter((_, index) => index % 10 !== 0));
    const before = backend.calls.length;
    expect(await cached.batch(all)).toEqual(all.map((text) => text.length));
    expect(backend.calls.slice(before).map((call) => call.inputs.length)).toEqual([20, 20, 20, 20, 20]);
  });

  it("leaves full requests for a lazy source, too", async () => {
    const { bulk, backend } = backendOf();
    const cached = withCache(bulk({ request: { maxInputs: 20 } }), { namespace: "n", store: new Map() });
    const all = texts(1000);
    await cached.batch(all.filter((_, index) => index % 10 !== 0));
    const before = backend.calls.length;
    async function* lazily(): AsyncGenerator<string> {
      yield* all;
    }
    const seen: number[] = [];
    for await (const outcome of cached.batchAsCompleted(lazily())) {
      expect(outcome).toMatchObject({ status: "fulfilled", input: all[outcome.index] });
      seen.push(outcome.index);
    }
    expect(seen.toSorted((a, b) => a - b)).toEqual(all.map((_, index) => index));
    expect(backend.calls.slice(before).map((call) => call.inputs.length)).toEqual([20, 20, 20, 20, 20]);
  });

  it("comes at once, before what is being sent", async () => {
    const { bulk, backend } = backendOf();
    const cached = withCache(bulk({ request: { maxInputs: 2 } }), { namespace: "n", store: new Map() });
    await cached.batch(["b"]);
    backend.script = { hold: () => true };
    const outcomes = cached.batchAsCompleted(["a", "b"]);
    expect((await outcomes.next()).value).toMatchObject({ index: 1, value: 1 });
    for (let turn = 0; turn < 10; turn++) await flush();
    backend.release();
    expect((await outcomes.next()).value).toMatchObject({ index: 0, value: 1 });
  });

  it("L11 an endless source is read only so far ahead as look-ups and requests go", async () => {
    const { bulk, backend } = backendOf({ hold: () => true });
    const cached = withCache(bulk({ request: { maxInputs: 3 }, maxConcurrency: 2 }), {
      namespace: "n",
      store: new Map(),
    });
    let pulled = 0;
    async function* endless(): AsyncGenerator<string> {
      for (;;) yield `text ${pulled++}`;
    }
    const outcomes = cached.batchAsCompleted(endless());
    const first = outcomes.next();
    for (let turn = 0; turn < 200; turn++) await flush();
    // Two requests in flight, one full and one that is being filled; two look-ups of 16.
    expect(backend.running).toHaveLength(2);
    expect(pulled).toBeLessThanOrEqual(4 * 3 + 2 * 16);
    backend.release();
    await first;
    await outcomes.return?.();
    const before = pulled;
    for (let turn = 0; turn < 20; turn++) await flush();
    expect(pulled).toBe(before);
  });

  it("L3 no input makes no look-up and no call", async () => {
    const { bulk, backend } = backendOf();
    const cached = withCache(bulk(), { namespace: "n", store: new Map() });
    expect(await cached.batch([])).toEqual([]);
    expect(backend.calls).toEqual([]);
  });

  it("is held to the schema, which also says what is saved: what it refuses is no result", async () => {
    const { bulk, seen } = backendOf();
    const store = new Map<string, unknown>();
    const cached = withCache(bulk({ schema: atMost(9) }), { namespace: "n", store });
    expect(await cached.batch(["a"])).toEqual([101]);
    expect(await cached.batch(["a"])).toEqual([101]);
    expect(seen()).toEqual(["a"]);
    // A batch's own schema wins. It refuses what was saved, and what comes for it.
    const [slot] = await cached.batch(["a"], { schema: atMost(0), returnExceptions: true });
    expect(slot).toBeInstanceOf(Error);
    expect(seen()).toEqual(["a", "a"]);
    await cached.batch(["bb"], { schema: atMost(1), returnExceptions: true });
    expect(store.size).toBe(1);
    expect(await cached.batch(["bb"], { schema: atMost(2) })).toEqual([102]);
    expect(await cached.batch(["bb"])).toEqual([102]);
    expect(seen()).toEqual(["a", "a", "bb", "bb"]);
  });
});

describe("options of a batch", () => {
  it("retry, limiter and maxConcurrency are the calls', not the look-ups'", async () => {
    let failures = 2;
    const outage = new ProviderError("Down.", { status: 500, retryable: true });
    const { bulk, backend, clock } = backendOf({ failure: () => (failures-- > 0 ? outage : undefined) });
    const { limiter, demands } = countingLimiter(clock);
    const cached = withCache(bulk({ request: { maxInputs: 5 } }), { namespace: "n", store: new Map() });
    let report: FinishReport | undefined;
    const run = cached.batch(texts(20), {
      clock,
      limiter,
      maxConcurrency: 1,
      retry: { attempts: 3 },
      onFinish: (last) => (report = last),
    });
    expect(await clock.run(run)).toHaveLength(20);
    expect(backend.gauge.peak).toBe(1);
    expect(demands).toHaveLength(6);
    expect(report).toMatchObject({ requests: 6, retries: 2 });
  });

  it("P25 retries that a wrapper inside has given are made once over", async () => {
    const down = new ProviderError("Down.", { status: 500, retryable: true });
    for (const kind of ["bulk", "one"] as const) {
      const backend = backendOf({ failure: () => down });
      const cached = withCache(withRetry(backend[kind](), { attempts: 3 }), { namespace: "n", store: new Map() });
      const run = cached.batch(["a"], { clock: backend.clock, returnExceptions: true });
      expect(await backend.clock.run(run)).toEqual([down]);
      expect(backend.backend.calls).toHaveLength(3);
    }
  });

  it("timeoutMs is a call's", async () => {
    const { bulk, clock } = backendOf({ hold: () => true });
    const cached = withCache(bulk(), { namespace: "n", store: new Map() });
    const run = cached.batch(["a"], { clock, timeoutMs: 50, returnExceptions: true });
    expect((await clock.run(run))[0]).toMatchObject({ name: "TimeoutError" });
  });

  it("maxTokens stops calls, and what the store has costs nothing of it", async () => {
    const settings = { request: { maxInputs: 10 }, maxConcurrency: 1, weigh: () => ({ tokens: 1 }) };
    const { bulk } = backendOf();
    const cached = withCache(bulk(settings), { namespace: "n", store: new Map() });
    let report: FinishReport | undefined;
    const onFinish = (last: FinishReport): void => void (report = last);
    const first = await cached.batch(texts(10), { maxTokens: 10, returnExceptions: true, onFinish });
    expect(first).toEqual(texts(10).map((text) => text.length));
    expect(report).toMatchObject({ status: "completed" });
    const more = await cached.batch(texts(30), { maxTokens: 0, returnExceptions: true, onFinish });
    expect(report).toMatchObject({ status: "stopped", requests: 0 });
    expect(more.filter((slot) => slot instanceof Error).length).toBeGreaterThanOrEqual(20);
  });

  it("those that are wrong are refused as without a cache", async () => {
    const { bulk } = backendOf();
    const cached = withCache(bulk(), { namespace: "n", store: new Map() });
    await expect(cached.batch(["a"], { maxConcurency: 2 } as never)).rejects.toThrow(
      "got `maxConcurency`. Did you mean `maxConcurrency`",
    );
    await expect(cached.batch(["a"], { onRequest: 1 } as never)).rejects.toThrow(
      "Expected `onRequest` to be a function",
    );
    await expect(cached.batch(["a"], null as never)).rejects.toThrow("Expected `options` to be an object");
    await expect(cached.batch("a" as never)).rejects.toThrow("Expected `inputs` to be an array");
  });
});

describe("inside of wrappers", () => {
  const ways: readonly (readonly [string, (cached: any) => any])[] = [
    ["withConfig", (cached) => withConfig(cached, {})],
    ["withRetry", (cached) => withRetry(cached, {})],
    ["pipe", (cached) => cached.pipe(runnable((value) => value))],
    ["pipe, as the second stage", (cached) => runnable((value: string) => value).pipe(cached)],
  ];
  it.each(ways)("%s: what the store has is not sent", async (_name, wrap) => {
    for (const kind of ["bulk", "one"] as const) {
      const backend = backendOf();
      const cached = withCache(backend[kind](), { namespace: "n", store: new Map() });
      await cached.batch(texts(5));
      expect(await wrap(cached).batch(texts(8))).toEqual(texts(8).map((text) => text.length));
      expect(backend.seen()).toHaveLength(8);
    }
  });

  const stages: readonly (readonly [string, (cached: any) => any])[] = [
    ["pipe", (cached) => runnable(async (value: string) => value, { maxConcurrency: 50 }).pipe(cached)],
    ["withFallbacks", (cached) => withFallbacks(cached, [runnable(async () => 0)])],
  ];
  it("a batch's own schema also says what is saved, by every wrapper around the cache", async () => {
    const around: readonly ((cached: any) => any)[] = [
      ...ways.map(([, wrap]) => wrap),
      (cached) => withConfig(cached, { middleware: [{ call: (call, next) => next(call) }] }),
    ];
    for (const wrap of around) {
      const { bulk, seen } = backendOf();
      const store = new Map<string, unknown>();
      const cached = withCache(bulk(), { namespace: "n", store });
      const isLast = wrap !== ways[2]?.[1];
      // Where there are retries, it would be asked for again (P48).
      await wrap(cached).batch(["bb"], { schema: atMost(1), returnExceptions: true, retry: false });
      // A schema of a pipe is held to what comes out of the last stage.
      expect(store.size).toBe(isLast ? 0 : 1);
      expect(await wrap(cached).batch(["bb"], { schema: atMost(2) })).toEqual([102]);
      expect(seen()).toEqual(isLast ? ["bb", "bb"] : ["bb"]);
    }
  });

  it.each(stages)("%s: passes no limit, is no request, and leaves full requests for the rest", async (name, wrap) => {
    const { bulk, backend } = backendOf();
    const { limiter, demands } = countingLimiter();
    const settings = { request: { maxInputs: 20 }, limiter, maxConcurrency: 1 };
    const cached = withCache(bulk(settings), { namespace: "n", store: new Map() });
    const all = texts(1000);
    await cached.batch(all.filter((_, index) => index % 10 !== 0));
    const before = backend.calls.length;
    demands.length = 0;
    let report: FinishReport | undefined;
    const onFinish = (last: FinishReport): void => void (report = last);
    expect(await wrap(cached).batch(all, { onFinish })).toEqual(all.map((text) => text.length));
    expect(backend.calls.slice(before).map((call) => call.inputs.length)).toEqual([20, 20, 20, 20, 20]);
    expect(demands).toHaveLength(5);
    expect(report?.requests).toBe(name === "pipe" ? 1005 : 5);
    expect(cached.stats()).toMatchObject({ hits: 900 });
  });

  it("autoBatch: what the store has is not sent", async () => {
    const { bulk, backend, seen, clock } = backendOf();
    const cached = withCache(bulk(), { namespace: "n", store: new Map() });
    await cached.batch(["a"]);
    const gathered = autoBatch(cached, { clock });
    expect(await clock.run(Promise.all([gathered.invoke("a"), gathered.invoke("bb")]))).toEqual([1, 2]);
    expect(seen()).toEqual(["a", "bb"]);

    // Inside of a cache it gathers what the store has not.
    const inside = withCache(autoBatch(bulk(), { clock }), { namespace: "n", store: new Map() });
    const before = backend.calls.length;
    expect(await clock.run(Promise.all(["c", "dd", "c"].map((text) => inside.invoke(text))))).toEqual([1, 2, 1]);
    expect(backend.calls.slice(before).map(({ inputs }) => inputs)).toEqual([["c", "dd"]]);
  });

  it("a request of which a part is sent does not teach what inputs weigh", async () => {
    const reports: unknown[] = [];
    const { backend } = backendOf();
    const { bulkRunnable } = await import("@batchwise/core");
    const inner = bulkRunnable<string, unknown>(
      async (some, options) => {
        options.report?.({ usage: { inputTokens: some.length } });
        return backend.call(some, options);
      },
      { request: { maxInputs: 10 } },
    );
    const cached = withCache(inner, { namespace: "n", store: new Map() });
    await cached.batch(texts(5));
    const report = (facts: unknown): void => void reports.push(facts);
    await withConfig(cached, {}).batch(texts(6), { report });
    await withConfig(cached, {}).batch(texts(6), { report });
    expect(reports).toEqual([
      { usage: { inputTokens: 1 } },
      { usage: {} },
      { usage: { inputTokens: 0, outputTokens: 0 } },
    ]);
  });

  it("the position that an error names is turned into the one in the whole request", async () => {
    const { bulkRunnable, InputError } = await import("@batchwise/core");
    const inner = bulkRunnable<string, number>(async (some) => {
      const position = some.indexOf("bad");
      if (position >= 0) throw new InputError("Refused.", { position });
      return some.map((text) => text.length);
    });
    const cached = withCache(inner, { namespace: "n", store: new Map() });
    await cached.batch(["a", "b"]);
    let failure: any;
    const watching: Middleware = {
      call: (call, next) => next(call).catch((error) => Promise.reject((failure ??= error))),
    };
    await withConfig(cached, { middleware: [watching], retry: false }).batch(["a", "b", "c", "bad"], {
      returnExceptions: true,
    });
    expect(failure.position).toBe(3);
    expect(InputError.isInstance(failure)).toBe(true);
    const slots = await withConfig(cached, {}).batch(["a", "b", "c", "bad"], { returnExceptions: true });
    expect(slots.map((slot) => slot instanceof Error)).toEqual([false, false, false, true]);
  });
});
