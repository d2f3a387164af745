import {
  BatchError,
  type BatchOptions,
  ProviderError,
  ResultError,
  Runnable,
  runnable,
  withConfig,
} from "@batchwise/core";
import { failureOf, flush } from "@batchwise/testkit";
import { describe, expect, it } from "vitest";
import { backendOf, texts } from "./fixtures/backend.ts";
import { withCache } from "./index.ts";

const outage = new ProviderError("Down.", { status: 500, retryable: true });

describe("what is saved", () => {
  it("P3 undefined, null, 0, false and empty texts are results like any other", async () => {
    const values = [undefined, null, 0, "", false];
    const { bulk, seen } = backendOf({ answer: (text) => values[Number(text)] });
    const cached = withCache(bulk(), { namespace: "n", store: new Map() });
    const inputs = values.map((_, index) => String(index));
    expect(await cached.batch(inputs)).toEqual(values);
    expect(await cached.batch(inputs)).toEqual(values);
    expect(seen()).toEqual(inputs);
  });

  it("P34 errors are never saved", async () => {
    let bad = true;
    const refusal = new ProviderError("No.", { status: 400, retryable: false });
    const { bulk, seen } = backendOf({ answer: (text) => (bad && text === "b" ? refusal : text.length) });
    const cached = withCache(bulk(), { namespace: "n", store: new Map() });
    const first = await cached.batch(["a", "b", "c"], { returnExceptions: true });
    expect(first).toEqual([1, refusal, 1]);
    bad = false;
    expect(await cached.batch(["a", "b", "c"])).toEqual([1, 1, 1]);
    expect(seen()).toEqual(["a", "b", "c", "b"]);
  });

  it("each request's results are saved while others are still under way", async () => {
    const { bulk, backend, seen } = backendOf({ hold: (call) => call.number > 0 });
    const store = new Map<string, unknown>();
    const cached = withCache(bulk({ request: { maxInputs: 2 } }), { namespace: "n", store });
    const controller = new AbortController();
    const run = cached.batch(texts(6), { signal: controller.signal });
    const ended = failureOf(run);
    for (let turn = 0; turn < 20; turn++) await flush();
    expect(store.size).toBe(2);
    controller.abort(new Error("Killed."));
    await ended;
    backend.script = {};
    expect(await withCache(bulk(), { namespace: "n", store }).batch(texts(6))).toHaveLength(6);
    expect(seen().filter((text) => text === "text 0")).toHaveLength(1);
  });

  it("an answer that comes after the abort is saved all the same: it is paid", async () => {
    const { bulk, backend } = backendOf({ hold: () => true, heedsSignal: false });
    const store = new Map<string, unknown>();
    const cached = withCache(bulk(), { namespace: "n", store });
    const controller = new AbortController();
    const ended = failureOf(cached.batch(["a"], { signal: controller.signal }));
    for (let turn = 0; turn < 20; turn++) await flush();
    controller.abort(new Error("Enough."));
    await ended;
    backend.release();
    for (let turn = 0; turn < 20; turn++) await flush();
    expect(store.size).toBe(1);
  });

  it("another namespace and other call options have other results", async () => {
    const store = new Map<string, unknown>();
    const adapter = runnable<string, string>(
      (text, options) => `${text} ${String((options as { style?: string }).style)}`,
      { callOptions: ["style"] },
    );
    const cached = withCache(adapter, { namespace: { model: "m", size: 1 }, store });
    expect(await cached.batch(["a"], { style: "plain" } as BatchOptions)).toEqual(["a plain"]);
    expect(await cached.batch(["a"], { style: "grand" } as BatchOptions)).toEqual(["a grand"]);
    expect(await cached.batch(["a"])).toEqual(["a undefined"]);
    expect(await cached.invoke("a", { style: "plain" } as never)).toBe("a plain");
    expect(cached.stats()).toMatchObject({ hits: 1, misses: 3 });
    const same = withCache(adapter, { namespace: { size: 1, model: "m" }, store });
    await same.batch(["a"]);
    const other = withCache(adapter, { namespace: { model: "m", size: 2 }, store });
    await other.batch(["a"]);
    expect([same.stats().hits, other.stats().hits]).toEqual([1, 0]);
  });

  it("an entry that is too old is not used", async () => {
    const { one, seen } = backendOf();
    const store = new Map<string, unknown>();
    let now = Date.now();
    const cached = withCache(one(), { namespace: "n", store, maxAgeMs: 1000, now: () => now });
    await cached.batch(["a"]);
    now += 1000;
    await cached.batch(["a"]);
    expect(seen()).toEqual(["a"]);
    now += 1;
    await cached.batch(["a"]);
    expect(seen()).toEqual(["a", "a"]);
    // One that is asked for less is held to less, whoever saved it.
    now += 500;
    await withCache(one(), { namespace: "n", store, maxAgeMs: 400, now: () => now }).batch(["a"]);
    expect(seen()).toHaveLength(3);
  });

  it("what JSON would change is handed out, not saved, and told", async () => {
    const odd = [{ at: new Date(0) }, new Map(), { a: undefined }, [NaN], -0, 1n, new Float64Array(1)];
    const { bulk, seen } = backendOf({ answer: (text) => odd[Number(text)] });
    const warnings: unknown[] = [];
    const options = { namespace: "n", store: new Map(), onWarning: (warning: unknown) => void warnings.push(warning) };
    const cached = withCache(bulk(), options);
    const inputs = odd.map((_, index) => String(index));
    expect(await cached.batch(inputs)).toEqual(odd);
    await cached.batch(inputs);
    expect(seen()).toHaveLength(2 * odd.length);
    expect(warnings[0]).toMatchObject({ kind: "unsuitable", inputs: odd.length });
    expect(cached.stats()).toMatchObject({ unsaved: 2 * odd.length, saved: 0 });
  });

  it("`codec` writes what JSON would change; entries of another codec are not used", async () => {
    const { bulk, seen } = backendOf({ answer: (text) => new Date(text) });
    const store = new Map<string, unknown>();
    const codec = {
      encode: (date: Date) => Buffer.from(date.toISOString()),
      decode: (bytes: Uint8Array) => new Date(Buffer.from(bytes).toString()),
    };
    const cached = withCache(bulk(), { namespace: "n", store, codec });
    const day = "2026-11-24";
    expect(await cached.batch([day])).toEqual([new Date(day)]);
    expect(await cached.batch([day])).toEqual([new Date(day)]);
    expect(seen()).toEqual([day]);
    const warnings: string[] = [];
    const onWarning = ({ kind }: { kind: string }): void => void warnings.push(kind);
    expect(await withCache(bulk(), { namespace: "n", store, onWarning }).batch([day])).toEqual([new Date(day)]);
    expect(warnings).toContain("damaged");
  });

  it("an input without a key is refused, and named by no message", async () => {
    const { bulk, backend } = backendOf();
    const cached = withCache<any, any>(bulk(), { namespace: "n", store: new Map() });
    const cyclic: Record<string, unknown> = { secret: "x" };
    cyclic["self"] = cyclic;
    const slots = await cached.batch(["a", () => "secret", Symbol("secret"), cyclic, new Date()], {
      returnExceptions: true,
    });
    expect(slots[0]).toBe(1);
    for (const slot of slots.slice(1)) {
      expect(slot).toMatchObject({ name: "ArgumentError", message: expect.stringContaining("Give `key`") });
      expect(String(slot.message)).not.toContain("secret");
    }
    expect(backend.calls.flatMap((call) => call.inputs)).toEqual(["a"]);
  });

  it("`key` says what tells inputs apart", async () => {
    const { bulk, seen } = backendOf();
    const cached = withCache(bulk(), { namespace: "n", store: new Map(), key: (text) => text.toLowerCase() });
    await cached.batch(["Hello"]);
    await cached.batch(["hello"]);
    expect(seen()).toEqual(["Hello"]);
  });
});

describe("equal inputs", () => {
  it("P38 those of one request are sent once, each with its slot", async () => {
    const { bulk, seen } = backendOf();
    const cached = withCache(bulk(), { namespace: "n", store: new Map() });
    expect(await cached.batch(["a", "bb", "a", "a"])).toEqual([1, 2, 1, 1]);
    expect(seen()).toEqual(["a", "bb"]);
    expect(cached.stats()).toMatchObject({ misses: 2, joined: 2, saved: 2 });
  });

  it("P39 one that is on its way is joined, across batches", async () => {
    const { bulk, one, backend, seen } = backendOf({ hold: () => true });
    for (const inner of [bulk({ request: { maxInputs: 2 } }), one({ maxConcurrency: 5 })]) {
      const before = seen().length;
      const cached = withCache(inner, { namespace: "n", store: new Map() });
      const first = cached.batch(["a", "bb"]);
      for (let turn = 0; turn < 10; turn++) await flush();
      const second = cached.batch(["bb", "a"]);
      const third = cached.invoke("bb");
      for (let turn = 0; turn < 10; turn++) await flush();
      backend.release();
      expect(await Promise.all([first, second, third])).toEqual([[1, 2], [2, 1], 2]);
      expect(seen().slice(before)).toEqual(["a", "bb"]);
      expect(cached.stats()).toMatchObject({ misses: 2, joined: 3 });
    }
  });

  it("P39 who joined one that is aborted sends it, even where the aborted call never ends", async () => {
    const { bulk, backend, seen } = backendOf({ hold: (call) => call.number === 0, heedsSignal: false });
    const cached = withCache(bulk(), { namespace: "n", store: new Map() });
    const controller = new AbortController();
    const first = failureOf(cached.batch(["a"], { signal: controller.signal }));
    for (let turn = 0; turn < 10; turn++) await flush();
    const second = cached.batch(["a"]);
    for (let turn = 0; turn < 10; turn++) await flush();
    expect(backend.calls).toHaveLength(1);
    const reason = new Error("Changed my mind.");
    controller.abort(reason);
    expect(await first).toBe(reason);
    expect(await second).toEqual([1]);
    expect(seen()).toEqual(["a", "a"]);
  });

  it("P39 who joined one that fails sends it, and does not get the other's error", async () => {
    const { bulk, backend, seen } = backendOf({
      hold: () => true,
      failure: ({ number }) => (number === 0 ? outage : undefined),
    });
    const cached = withCache(bulk(), { namespace: "n", store: new Map() });
    const first = failureOf(cached.batch(["a"]));
    for (let turn = 0; turn < 10; turn++) await flush();
    const second = cached.batch(["a"]);
    for (let turn = 0; turn < 10; turn++) await flush();
    backend.script = { answer: (text) => text.length };
    backend.release();
    expect(await first).toMatchObject({ cause: outage });
    expect(await second).toEqual([1]);
    expect(seen()).toEqual(["a", "a"]);
  });

  it("P39 who joined one that fails sends it, also in a request that has sent others", async () => {
    const { bulk, backend, seen } = backendOf({
      hold: ({ number }) => number < 2,
      failure: ({ number }) => (number === 0 ? outage : undefined),
    });
    const cached = withCache(bulk(), { namespace: "n", store: new Map() });
    const first = failureOf(cached.batch(["a"]));
    for (let turn = 0; turn < 10; turn++) await flush();
    const requests: unknown[] = [];
    const second = cached.batch(["b", "a"], { onRequest: ({ inputs, error }) => void requests.push([inputs, error]) });
    for (let turn = 0; turn < 10; turn++) await flush();
    backend.release();
    expect(await first).toMatchObject({ cause: outage });
    expect(await second).toEqual([1, 1]);
    expect(seen()).toEqual(["a", "b", "a"]);
    expect(requests).toEqual([[2, undefined]]);
    expect(cached.stats()).toMatchObject({ misses: 3, saved: 2 });
  });

  it("L7 one that waits for another's call is aborted at once", async () => {
    const { one, backend } = backendOf({ hold: () => true });
    const cached = withCache(one(), { namespace: "n", store: new Map() });
    const first = cached.invoke("a");
    for (let turn = 0; turn < 10; turn++) await flush();
    const controller = new AbortController();
    const second = failureOf(cached.invoke("a", { signal: controller.signal }));
    for (let turn = 0; turn < 10; turn++) await flush();
    const reason = new Error("Enough.");
    controller.abort(reason);
    expect(await second).toBe(reason);
    backend.release();
    expect(await first).toBe(1);
  });

  it("two requests that hold each other's inputs do not wait for each other for ever", async () => {
    const { bulk, backend } = backendOf({ hold: () => true });
    const cached = withCache(bulk(), { namespace: "n", store: new Map() });
    const calls = withConfig(cached, {});
    const first = calls.batch(["a", "b"]);
    const second = calls.batch(["c", "a"]);
    const third = calls.batch(["b", "c"]);
    for (let turn = 0; turn < 10; turn++) await flush();
    backend.release();
    expect(await Promise.all([first, second, third])).toEqual([
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
    expect(backend.calls.map((call) => call.inputs)).toEqual([["a", "b"], ["c"]]);
  });
});

describe("a Runnable whose author has written batch", () => {
  class Lengths extends Runnable<string, number> {
    readonly arrays: string[][] = [];
    bad: string | undefined;

    override invoke(text: string): Promise<number> {
      return Promise.resolve(text.length);
    }

    override async batch(inputs: string[]): Promise<number[]> {
      this.arrays.push([...inputs]);
      if (this.bad !== undefined && inputs.includes(this.bad)) throw new Error("Refused.");
      return inputs.map((text) => text.length);
    }
  }

  it("L10 its batch gets what the store has not, by whichever method", async () => {
    const inner = new Lengths();
    const cached = withCache(inner, { namespace: "n", store: new Map() });
    expect(await cached.batch(["a", "bb"])).toEqual([1, 2]);
    expect(await cached.batch(["bb", "ccc", "a", "dddd", "ccc"])).toEqual([2, 3, 1, 4, 3]);
    for await (const outcome of cached.batchAsCompleted(["a", "e"])) expect(outcome).toMatchObject({ value: 1 });
    expect(await withConfig(cached, {}).batch(["a", "f"])).toEqual([1, 1]);
    expect(await cached.batch(new Set(["a", "g"]))).toEqual([1, 1]);
    expect(inner.arrays).toEqual([["a", "bb"], ["ccc", "dddd"], ["e"], ["f"], ["g"]]);
  });

  it("L6 its failure loses nothing that the store has", async () => {
    const inner = new Lengths();
    const cached = withCache(inner, { namespace: "n", store: new Map() });
    await cached.batch(["a"]);
    inner.bad = "bad";
    const failure = await failureOf(cached.batch(["a", "bad", "c"]));
    expect(BatchError.isInstance(failure)).toBe(true);
    expect(failure.outcomes).toEqual([{ index: 0, input: "a", status: "fulfilled", value: 1 }]);
    expect(failure.cause).toMatchObject({ message: "Refused." });
    const slots = await withConfig(cached, {}).batch(["a", "bad", "c"], { returnExceptions: true });
    expect(slots).toMatchObject([1, { message: "Refused." }, 1]);
  });

  it("what a BatchError of its brings is saved", async () => {
    const inner = new (class extends Lengths {
      override async batch(inputs: string[]): Promise<number[]> {
        this.arrays.push([...inputs]);
        throw new BatchError("Half.", {
          cause: outage,
          outcomes: [{ index: 0, input: inputs[0], status: "fulfilled", value: 7 }],
        });
      }
    })();
    const cached = withCache(inner, { namespace: "n", store: new Map() });
    const failure = await failureOf(cached.batch(["a", "b"]));
    expect(failure).toMatchObject({ cause: outage, outcomes: [{ index: 0, value: 7 }] });
    expect(await cached.batch(["a"])).toEqual([7]);
  });
});

describe("L13 a wrong answer", () => {
  it("of the wrong count is used for none, and not saved", async () => {
    const { bulk, backend } = backendOf({ reshape: (answers) => answers.slice(1) });
    const store = new Map<string, unknown>();
    const cached = withCache(bulk(), { namespace: "n", store });
    const slots = await cached.batch(["a", "b"], { returnExceptions: true });
    for (const slot of slots) expect(ResultError.isInstance(slot)).toBe(true);
    expect(store.size).toBe(0);
    expect(backend.calls).toHaveLength(1);
  });
});

describe("options", () => {
  const { bulk } = backendOf();
  it.each([
    [{}, "Expected `namespace` to be a string or a JSON value, got undefined. Name"],
    [{ namespace: "" }, "Expected `namespace` to be a string or a JSON value, got an empty string. Name"],
    [{ namespace: new Date() }, "an instance of a class"],
    [{ namespace: "n", ttl: 5 }, "Expected only options of withCache, got `ttl`. Known: namespace"],
    [{ namespace: "n", maxAge: 5 }, "Expected only options of withCache, got `maxAge`. Did you mean `maxAgeMs`?"],
    [{ namespace: "n", onError: "continue" }, "got `onError`. Did you mean `onStoreError`?"],
    [{ namespace: "n", maxAgeMs: -1 }, "Expected `maxAgeMs` of withCache to be a number from 0, got -1."],
    [
      { namespace: "n", onStoreError: "ignore" },
      'Expected `onStoreError` of withCache to be "fail" or "continue", got a string.',
    ],
    [{ namespace: "n", maxBytes: 0 }, "Expected `maxBytes` of withCache to be a number above 0, got 0."],
    [
      { namespace: "n", maxBytes: 5, store: new Map() },
      "Expected `store` to be a fileStore for `maxBytes` of withCache, got another store.",
    ],
    [{ namespace: "n", storeTimeoutMs: 0 }, "Expected `storeTimeoutMs` of withCache to be a number above 0, got 0."],
    [
      { namespace: "n", clock: {} },
      "Expected `clock` of withCache to be a Clock with now() and after(), got an object.",
    ],
    [{ namespace: "n", key: "k" }, "Expected `key` of withCache to be a function, got a string."],
    [
      { namespace: "n", codec: {} },
      "Expected `codec` of withCache to be an object with encode(output) and decode(bytes), got an object.",
    ],
    [
      { namespace: "n", store: {} },
      "Expected `store` of withCache to be a Keyv, a storage adapter of Keyv or a Map, got an object.",
    ],
    [null, "Expected `options` of withCache to be an object, got null. Give such as"],
  ])("%o is refused", (options, message) => {
    expect(() => withCache(bulk(), options as never)).toThrow(message);
  });

  it("something that is no Runnable is refused", () => {
    expect(() => withCache((() => 1) as never, { namespace: "n" })).toThrow("Expected a Runnable, got a function.");
  });

  it("an offline job would go past the cache, so the cached Runnable offers none", () => {
    const cached = withCache(bulk({ jobs: () => Promise.reject(new Error("none")), maxConcurrency: 3 }), {
      namespace: "n",
      store: new Map(),
    });
    const { middleware, ...settings } = cached.settings ?? {};
    expect(settings).toEqual({ maxConcurrency: 3 });
    expect(middleware).toHaveLength(1);
  });
});
