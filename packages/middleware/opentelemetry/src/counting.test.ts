import {
  autoBatch,
  bulkRunnable,
  type CallOptions,
  type CallReport,
  InputError,
  type Middleware,
  ProviderError,
  Runnable,
  runnable,
  withConfig,
  withFallbacks,
  withRetry,
} from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { afterAll, describe, expect, it } from "vitest";
import { withTelemetry } from "./index.ts";
import { backends, expectCounted, LENGTHS, TEXTS, usage } from "./testing/backends.ts";
import { type Collector, collector, useContextManager } from "./testing/collector.ts";
import { readAll } from "./testing/read.ts";
import { tree } from "./testing/tree.ts";

const stopUsing = useContextManager();
afterAll(stopUsing);

const passOn = runnable((text: string) => text);

describe.each(["one", "bulk", "override"])("around another wrapper (%s)", (kind) => {
  it.each<[string, (inner: Runnable<string, number>, again: typeof withTelemetry) => Runnable<string, number>]>([
    ["itself", (inner, again) => again(again(inner))],
    ["itself thrice", (inner, again) => again(again(again(inner)))],
    ["withRetry", (inner, again) => again(withRetry(again(inner)))],
    ["withConfig", (inner, again) => again(withConfig(inner, {}))],
    ["withConfig of itself, twice", (inner, again) => again(withConfig(again(withConfig(again(inner), {})), {}))],
    ["a pipe of itself", (inner, again) => again(passOn.pipe(again(inner)))],
    ["fallbacks of itself", (inner, again) => again(withFallbacks(again(inner), [inner]))],
    ["autoBatch of itself", (inner, again) => again(autoBatch(again(inner), { maxInputs: 1 }))],
  ])("requests, tokens and items are counted once: %s", async (name, wrap) => {
    const seen = collector();
    const { inner, calls } = backends()[kind]!;
    const all = wrap(inner, (each) => withTelemetry(each, { operation: "embeddings", ...seen.providers }));
    expect(await all.batch(TEXTS)).toEqual(LENGTHS);
    const ofOthers = name.startsWith("a pipe") ? TEXTS.length : 0;
    await expectCountedBeside(seen, calls(), ofOthers);
    expect(await seen.sum("batchwise.items")).toBe(TEXTS.length);
    expect(tree(seen.spans())[0]).toBe("batch embeddings");
    expect(tree(seen.spans()).filter((line) => line.includes("batch "))).toHaveLength(1);

    await readAll(all.batchInOrder(TEXTS));
    expect(await seen.sum("batchwise.items")).toBe(2 * TEXTS.length);
    expect(await all.invoke("a")).toBe(1);
    expect(await seen.sum("batchwise.items")).toBe(2 * TEXTS.length + 1);
    await expectCountedBeside(seen, calls(), 2 * ofOthers + (ofOthers > 0 ? 1 : 0));
  });

  async function expectCountedBeside(seen: Collector, calls: number, others: number): Promise<void> {
    expect(await seen.sum("batchwise.requests")).toBe(calls + others);
    expect(await seen.count("gen_ai.client.operation.duration")).toBe(calls + others);
    expect(await seen.sum("batchwise.active_requests")).toBe(0);
  }
});

/** Answers what it remembers before requests are packed, as a cache does, and has the engine send the rest. */
function remembering(inner: Runnable<string, number>): Runnable<string, number> {
  const known = new Map<string, number>();
  const unknown = new InputError("Not known.");
  const lookUps = bulkRunnable<string, number>(async (texts) => texts.map((text) => known.get(text) ?? unknown), {
    lookUp: true,
  });
  const remember: Middleware<string, number> = {
    async call(call, next) {
      const result = await next(call);
      for (const [at, text] of call.inputs.entries()) known.set(text, result.results[at] as number);
      return result;
    },
  };
  return withFallbacks(lookUps, [withConfig(inner, { middleware: [remember] })]);
}

describe.each(["one", "bulk", "override"])("around a wrapper that answers some inputs by itself (%s)", (kind) => {
  it.each([
    ["what it sends is a request, and nothing else", false, true],
    ["those that are recorded inside are not recorded again", true, true],
    ["nor where no context manager is registered", true, false],
  ])("%s", async (_, isRecordedInside, hasManager) => {
    if (!hasManager) stopUsing();
    const seen = collector();
    const { inner, calls } = backends()[kind]!;
    const model = isRecordedInside ? withTelemetry(inner, { operation: "embeddings", ...seen.providers }) : inner;
    const all = withTelemetry(remembering(model), { operation: "embeddings", ...seen.providers });
    expect(await all.batch(TEXTS)).toEqual(LENGTHS);
    expect(await all.batch([...TEXTS, "ffffff"])).toEqual([...LENGTHS, 6]);
    if (!hasManager) useContextManager();

    await expectCounted(seen, calls(), TEXTS.length + 1);
    const requests = seen.spans().filter((span) => span.name === "embeddings");
    expect(requests).toHaveLength(calls());
    expect(requests.every((span) => (span.attributes["gen_ai.usage.input_tokens"] as number) > 0)).toBe(true);
    expect(requests[0]?.attributes["batchwise.request.attempt"]).toBe(1);
    const roots = tree(seen.spans()).filter((line) => !line.startsWith(" "));
    expect(roots).toEqual(["batch embeddings", "batch embeddings"]);
  });
});

describe("never counts twice", () => {
  const { tracerProvider } = collector().providers;

  it.each([
    ["passes its options on", true],
    ["does not", false],
  ])("a nested batch whose parent %s", async (_, passes) => {
    const seen = collector();
    const { inner, calls } = backends()["bulk"]!;
    const model = withTelemetry(inner, { operation: "embeddings", ...seen.providers });
    const words = runnable((text: string, options) => model.batch(text.split(" "), passes ? options : {}));
    const all = withTelemetry(words, { ...seen.providers });
    expect(await all.batch(["a bb ccc", "a"])).toEqual([[1, 2, 3], [1]]);
    await expectCounted(seen, calls(), 4);
    expect(await seen.sum("batchwise.items")).toBe(2);
    expect(tree(seen.spans())).toEqual([
      "batch",
      "  request",
      "    batch embeddings",
      "      embeddings",
      "      embeddings",
      "  request",
      "    batch embeddings",
      "      embeddings",
    ]);
  });

  it("a nested batch where no context manager is registered", async () => {
    stopUsing();
    const seen = collector();
    const { inner, calls } = backends()["bulk"]!;
    const model = withTelemetry(inner, { operation: "embeddings", ...seen.providers });
    const words = runnable((text: string, options) => withRetry(model).batch(text.split(" "), options));
    await withTelemetry(words, seen.providers).batch(["a bb ccc", "a"]);
    await expectCounted(seen, calls(), 4);
    expect(await seen.sum("batchwise.items")).toBe(2);
    useContextManager();
  });

  it("a nested batch of a call that other middleware has changed, where no context manager is registered", async () => {
    stopUsing();
    const seen = collector();
    const { inner, calls } = backends()["bulk"]!;
    const model = withTelemetry(inner, { operation: "embeddings", ...seen.providers });
    const words = runnable((text: string, options) => model.batch(text.split(" "), options));
    const changing: Middleware<string> = {
      call: (call, next) =>
        next({ ...call, inputs: call.inputs.map((text) => text.trim()), options: { ...call.options } }),
    };
    const inside = withConfig(withTelemetry(words, seen.providers), { middleware: [changing] });
    const outside = withTelemetry(withConfig(words, { middleware: [changing] }), seen.providers);
    await inside.batch([" a bb ccc", "a "]);
    await outside.batch([" a bb ccc", "a "]);
    useContextManager();
    await expectCounted(seen, calls(), 2 * 4);
    expect(await seen.sum("batchwise.items")).toBe(2 * 2);
  });

  it("a call through a wrapper inside, where no context manager is registered", async () => {
    stopUsing();
    const seen = collector();
    const { inner, calls } = backends()["bulk"]!;
    const all = withTelemetry(withRetry(withTelemetry(inner, seen.providers)), seen.providers);
    expect(await all.invoke("a")).toBe(1);
    useContextManager();
    await expectCounted(seen, calls(), 1);
  });

  it("a nested batch of a Runnable without telemetry: its calls are its parent's request", async () => {
    const seen = collector();
    const { inner } = backends()["bulk"]!;
    const words = runnable((text: string, options) => inner.batch(text.split(" "), options));
    await withTelemetry(words, seen.providers).batch(["a bb ccc", "a"]);
    expect(await seen.sum("batchwise.requests")).toBe(2);
    expect(await seen.sum("gen_ai.client.token.usage")).toBe(4 * usage.inputTokens);
    expect(await seen.sum("batchwise.items")).toBe(2);
  });

  it("a Runnable of somebody else's between two wrappers", async () => {
    const seen = collector();
    const { inner, calls } = backends()["one"]!;
    const model = withTelemetry(inner, seen.providers);
    const all = withTelemetry(
      runnable((text: string, options) => model.invoke(text, options)),
      seen.providers,
    );
    await all.batch(TEXTS);
    await all.invoke("a");
    await expectCounted(seen, calls(), TEXTS.length + 1);
    expect(await seen.sum("batchwise.items")).toBe(TEXTS.length + 1);
  });

  it("but counts a request that asks another Runnable and its own provider as well", async () => {
    const seen = collector();
    const check = withTelemetry(backends()["one"]!.inner, seen.providers);
    const chat = runnable(async (text: string, options) => {
      await check.invoke(text, options);
      options.report?.({ usage: { inputTokens: 3 } });
      return text;
    });
    await withTelemetry(chat, seen.providers).batch(["a"]);
    expect(await seen.sum("batchwise.requests")).toBe(2);
    expect(await seen.sum("gen_ai.client.token.usage")).toBe(usage.inputTokens + 3);
  });

  it("of two around one call the innermost records it, and of two around one batch the outermost", async () => {
    const seen = collector();
    const { inner } = backends()["bulk"]!;
    const model = withTelemetry(inner, { operation: "embeddings", ...seen.providers });
    await withTelemetry(model, { operation: "chat", ...seen.providers }).batch(["a"]);
    await withTelemetry(passOn.pipe(model), { operation: "chat", ...seen.providers }).batch(["a"]);
    expect(tree(seen.spans())).toEqual(["batch chat", "  embeddings", "batch chat", "  chat", "  embeddings"]);
    expect(await seen.sum("batchwise.items", { "gen_ai.operation.name": "chat" })).toBe(2);
    expect(await seen.sum("batchwise.requests", { "gen_ai.operation.name": "embeddings" })).toBe(2);
    const [, whole] = seen.spans().filter((span) => span.name === "batch chat");
    expect(whole?.attributes["batchwise.batch.input_tokens"]).toBe(usage.inputTokens);
  });

  it("a retried request: each attempt is a request, and its item one item", async () => {
    const seen = collector();
    const clock = new FakeClock();
    let calls = 0;
    const flaky = runnable((text: string, { report }: CallOptions) => {
      report?.({ usage });
      if (++calls < 3) throw new ProviderError("Busy.", { retryable: true });
      return text;
    });
    await clock.run(withTelemetry(withRetry(flaky), seen.providers).batch(["a"], { clock }));
    expect(await seen.sum("batchwise.requests")).toBe(3);
    expect(await seen.sum("batchwise.retries")).toBe(2);
    expect(await seen.sum("batchwise.items")).toBe(1);
    expect(await seen.sum("gen_ai.client.token.usage")).toBe(3 * usage.inputTokens);
  });

  it("tokens that the caller of a batch is told of", async () => {
    const told: number[] = [];
    const { inner } = backends()["bulk"]!;
    const report = ({ usage }: CallReport): void => {
      told.push(usage?.inputTokens ?? NaN);
    };
    await withTelemetry(withTelemetry(inner, { tracerProvider }), { tracerProvider }).batch(TEXTS, { report });
    expect(told).toEqual([20, 20, 10]);
  });
});
