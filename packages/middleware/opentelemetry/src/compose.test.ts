import {
  autoBatch,
  type BatchOptions,
  bulkRunnable,
  type CallOptions,
  type JobBackend,
  type Middleware,
  ProviderError,
  rateLimiter,
  Runnable,
  runnable,
  withConfig,
  withFallbacks,
  withRetry,
} from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { metrics, trace } from "@opentelemetry/api";
import { afterAll, describe, expect, it, vi } from "vitest";
import { withTelemetry } from "./index.ts";
import { backends, expectCounted, TEXTS, usage } from "./testing/backends.ts";
import { collector, useContextManager } from "./testing/collector.ts";
import { readAll } from "./testing/read.ts";
import { tree } from "./testing/tree.ts";

afterAll(useContextManager());

const passOn = runnable((text: string) => text);

/** Lines of spans: so many batches, or none of ours, with so many requests each. */
function linesOf(batches: number, requests: number): string[] {
  const inside = (indent: string): string[] => Array<string>(requests).fill(`${indent}embeddings`);
  if (batches === 0) return ["job", ...inside("  ")];
  return ["job", ...Array.from({ length: batches }, () => ["  batch embeddings", ...inside("    ")]).flat()];
}

describe.each(["one", "bulk", "override"])("L10 inside of a wrapper (%s)", (kind) => {
  it.each<[string, (inner: Runnable<string, number>) => Promise<unknown>, batches: number]>([
    ["withRetry", (inner) => withRetry(inner).batch(TEXTS), 1],
    ["withConfig", (inner) => readAll(withConfig(inner, {}).batchAsCompleted(TEXTS)), 1],
    ["withFallbacks", (inner) => withFallbacks(inner, [inner]).batch(TEXTS), 0],
    ["the first stage of a pipe", (inner) => inner.pipe(runnable((length: number) => length)).batch(TEXTS), 0],
    ["the second stage of a pipe", (inner) => passOn.pipe(inner).batch(TEXTS), 0],
    ["autoBatch", (inner) => Promise.all(TEXTS.map((text) => autoBatch(inner).invoke(text))), TEXTS.length],
    ["two of them", (inner) => withRetry(withConfig(inner, { maxConcurrency: 2 })).batch(TEXTS), 1],
  ])("requests are counted once, and are children of their batch or what is active: %s", async (_, run, batches) => {
    const seen = collector();
    const { inner, calls } = backends()[kind]!;
    const model = withTelemetry(inner, { operation: "embeddings", ...seen.providers });
    await seen.providers.tracerProvider.getTracer("application").startActiveSpan("job", async (job) => {
      await run(model);
      job.end();
    });
    await expectCounted(seen, calls(), TEXTS.length);
    expect(await seen.sum("batchwise.items")).toBe(batches === 0 ? 0 : TEXTS.length);
    expect(tree(seen.spans())).toEqual(linesOf(batches, calls() / Math.max(1, batches)));
  });

  it("withTelemetry(withRetry(...)).invoke shows each try", async () => {
    const seen = collector();
    const clock = new FakeClock();
    const { inner } = backends()[kind]!;
    let failures = 2;
    const failing: Middleware = {
      call(call, next) {
        if (failures-- > 0) throw new ProviderError("Busy.", { retryable: true });
        return next(call);
      },
    };
    const flaky = withRetry(withConfig(inner, { middleware: [failing] }));
    const all = withTelemetry(flaky, { operation: "embeddings", ...seen.providers });
    expect(await clock.run(all.invoke("a", { clock } as CallOptions))).toBe(1);
    expect(tree(seen.spans())).toEqual(["invoke embeddings", ...Array<string>(3).fill("  embeddings")]);
    const requests = seen.spans().filter((span) => span.name === "embeddings");
    expect(requests.map(({ attributes }) => attributes["batchwise.request.attempt"])).toEqual([1, 2, 3]);
    expect(requests.map(({ attributes }) => attributes["error.type"])).toEqual([
      "provider_error",
      "provider_error",
      undefined,
    ]);
    expect(await seen.sum("batchwise.requests")).toBe(3);
    expect(await seen.sum("batchwise.items")).toBe(1);
  });
});

describe("the same Runnable", () => {
  const { providers } = collector();

  it("keeps settings, limits, jobs, call options and estimates", async () => {
    const seen: CallOptions[] = [];
    const limiter = rateLimiter({ requestsPerMinute: 60 });
    const jobs = async (): Promise<JobBackend> => ({}) as JobBackend;
    const inner = bulkRunnable<string, number>(
      async (texts, options) => {
        seen.push(options);
        return texts.map((text) => text.length);
      },
      { request: { maxInputs: 2 }, callOptions: ["language"], limiter, jobs, weigh: () => ({ tokens: 1 }) },
    );
    const all = withTelemetry(inner, providers);
    const { middleware, ...settings } = all.settings ?? {};
    expect(middleware).toHaveLength(1);
    expect(settings).toEqual(inner.settings);
    expect(all.estimate(TEXTS)).toEqual(inner.estimate(TEXTS));
    await all.batch(TEXTS, { language: "no" } as BatchOptions);
    await withTelemetry(all, providers).batch(TEXTS, { language: "no" } as BatchOptions);
    expect(seen.map((options) => (options as { readonly language?: string }).language)).toEqual(Array(6).fill("no"));
    expect(seen.every((options) => Object.isFrozen(options))).toBe(true);
    // Nothing of ours goes on to whoever is called with these options.
    const symbols = new Set(seen.flatMap((options) => Object.getOwnPropertySymbols(options)));
    expect([...symbols]).toEqual([Symbol.for("batchwise.call-slot")]);
  });

  it("runs the caller's hooks, with what they would be told without telemetry", async () => {
    const told = async (wrap: (inner: Runnable<string, number>) => Runnable<string, number>): Promise<unknown[]> => {
      const clock = new FakeClock();
      const events: unknown[] = [];
      let calls = 0;
      const flaky = bulkRunnable<string, number>(
        async (texts, { report }) => {
          // Longer than a backoff of our own, which is random.
          if (++calls === 2) throw new ProviderError("Busy.", { retryable: true, retryAfterMs: 1000 });
          report?.({ usage, requestId: "id" });
          return texts.map((text) => text.length);
        },
        { request: { maxInputs: 2 }, retry: { attempts: 2 } },
      );
      const hook =
        (name: string) =>
        (event: object): void =>
          void events.push([name, event]);
      await clock.run(
        wrap(flaky).batch(TEXTS, {
          clock,
          onRequest: hook("request"),
          onRetry: hook("retry"),
          onFinish: hook("finish"),
          onProgress: hook("progress"),
          report: hook("report"),
        }),
      );
      return events;
    };
    expect(await told((inner) => withTelemetry(inner, providers))).toEqual(await told((inner) => inner));
  });

  it("keeps a pipe's stages apart: each has its own strategy, and both work at once", async () => {
    const seen = collector();
    const { inner, calls } = backends()["bulk"]!;
    const piped = withTelemetry(inner.pipe(runnable((length: number) => `${length}`, { maxConcurrency: 3 })), {
      operation: "embeddings",
      ...seen.providers,
    });
    expect(await piped.batch(TEXTS)).toEqual(["1", "2", "3", "4", "5"]);
    expect(calls()).toBe(3);
    expect(await seen.sum("batchwise.requests")).toBe(3 + 5);
    expect(tree(seen.spans())).toEqual(["batch embeddings", ...Array<string>(8).fill("  embeddings")]);
    expect(await piped.pipe(passOn).batch(["a"])).toEqual(["1"]);
    expect(await withRetry(piped).batch(["a"])).toEqual(["1"]);
    expect(await piped.invoke("a")).toBe("1");
    expect(tree(seen.spans()).at(-3)).toBe("invoke embeddings");
  });

  it("sees the calls of a stage that is made of others, and knows the attempts of each stage", async () => {
    const seen = collector();
    const clock = new FakeClock();
    let calls = 0;
    const flaky = runnable(
      (text: string) => {
        if (++calls === 1) throw new ProviderError("Busy.", { retryable: true });
        return text;
      },
      { retry: { attempts: 2 } },
    );
    const all = withTelemetry(flaky.pipe(withFallbacks(passOn, [passOn])), seen.providers);
    expect(await clock.run(all.batch(TEXTS, { clock, maxConcurrency: 2 }))).toEqual(TEXTS);
    const attempts = seen.spans().flatMap((span) => span.attributes["batchwise.request.attempt"] ?? []);
    expect(attempts.filter((attempt) => attempt === 2)).toHaveLength(1);
    expect(attempts).toHaveLength(seen.spans().length - 1);
  });

  it("L10 lets an author's own batch know itself: it is entered once for each call", async () => {
    let entered = 0;
    class Gathering extends Runnable<string, number> {
      override async invoke(text: string): Promise<number> {
        return text.length;
      }
      override async batch(texts: string[], options: BatchOptions<string, number> = {}): Promise<number[]> {
        entered++;
        const outcomes = await readAll(this.batchInOrder(texts, options));
        return outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : NaN));
      }
    }
    const all = withTelemetry(new Gathering(), providers);
    expect(await withConfig(all, {}).batch(TEXTS)).toEqual(TEXTS.map((text) => text.length));
    expect(entered).toBe(1);
    await readAll(all.batchAsCompleted([...TEXTS]));
    expect(entered).toBe(2);
  });

  it("may be of another copy of core", async () => {
    const seen = collector();
    vi.resetModules();
    const other = await import("@batchwise/core");
    const active: unknown[] = [];
    const inner = other.bulkRunnable(async (texts: readonly string[]) => {
      active.push(trace.getActiveSpan());
      return texts;
    });
    expect(await withTelemetry(other.withRetry(inner), seen.providers).batch(TEXTS)).toEqual(TEXTS);
    expect(tree(seen.spans())).toEqual(["batch", "  request"]);
    expect(active).toEqual([seen.spans()[0]]);
  });

  it("gathers calls where autoBatch does", async () => {
    const { inner, calls } = backends()["bulk"]!;
    const all = withTelemetry(autoBatch(inner), providers);
    expect(await Promise.all(["a", "bb"].map((text) => all.invoke(text)))).toEqual([1, 2]);
    expect(calls()).toBe(1);
  });

  it("is made of Runnables alone", () => {
    expect(() => withTelemetry((() => 1) as never)).toThrow("Expected a Runnable, got a function");
    expect(() => withTelemetry(passOn, null as never)).toThrow(
      "Expected `options` of withTelemetry to be an object, got null",
    );
    for (const [name, hint] of [
      ["spans", "Known: operation, provider, model, "],
      ["requestSpan", "Did you mean `requestSpans`?"],
      ["modelName", "Did you mean `model`?"],
    ]) {
      expect(() => withTelemetry(passOn, { [name!]: true })).toThrow(
        `Expected only options of withTelemetry, got \`${name}\`. ${hint}`,
      );
    }
    for (const name of [
      "operation",
      "provider",
      "model",
      "attributes",
      "requestSpans",
      "tracerProvider",
      "meterProvider",
    ]) {
      expect(() => withTelemetry(passOn, { [name]: 5 })).toThrow(`Expected \`${name}\` of withTelemetry to be`);
      expect(() => withTelemetry(passOn, { [name]: undefined })).not.toThrow();
    }
  });
});

describe("providers", () => {
  it("are the global ones, registered when they may be", async () => {
    const seen = collector();
    const { inner } = backends()["bulk"]!;
    const all = withTelemetry(inner);
    await all.batch(TEXTS);
    trace.setGlobalTracerProvider(seen.providers.tracerProvider);
    metrics.setGlobalMeterProvider(seen.providers.meterProvider);
    await all.batch(TEXTS);
    expect(tree(seen.spans())).toHaveLength(4);
    expect(await seen.sum("batchwise.items")).toBe(TEXTS.length);
    trace.disable();
    metrics.disable();
    await all.batch(TEXTS);
    expect(tree(seen.spans())).toHaveLength(4);
    const other = collector();
    trace.setGlobalTracerProvider(other.providers.tracerProvider);
    await all.batch(TEXTS);
    expect(tree(other.spans())).toHaveLength(4);
    trace.disable();
  });
});
