import {
  bulkRunnable,
  type CallOptions,
  InputError,
  ProviderError,
  rateLimiter,
  Runnable,
  runnable,
} from "@batchwise/core";
import { failureOf, FakeClock } from "@batchwise/testkit";
import { SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { afterAll, describe, expect, it } from "vitest";
import { withTelemetry } from "./index.ts";
import { collector, useContextManager } from "./testing/collector.ts";
import { readAll } from "./testing/read.ts";
import { tree } from "./testing/tree.ts";

afterAll(useContextManager());

const model = { operation: "embeddings", provider: "openai", model: "small" };

const lengths = (): Runnable<string, number> =>
  bulkRunnable<string, number>(
    async (texts, { report }) => {
      report?.({ usage: { inputTokens: 10 * texts.length }, requestId: "req_1" });
      return texts.map((text) => (text === "bad" ? new InputError("Refused.") : text.length));
    },
    { request: { maxInputs: 2 }, price: { perMillionInputTokens: 500_000 } },
  );

const named = (spans: readonly ReadableSpan[], name: string): ReadableSpan[] =>
  spans.filter((span) => span.name === name);

const outage = (): ProviderError =>
  new ProviderError("Not now.", { retryable: true, status: 503, retryAfterMs: 1000, code: "provider_error" });

describe("a batch", () => {
  it("is a span, and each of its requests is a child of it, by the conventions for generative AI", async () => {
    const seen = collector();
    const outputs = await withTelemetry(lengths(), {
      ...model,
      ...seen.providers,
      attributes: { team: "search" },
    }).batch(["a", "bb", "ccc"]);
    expect(outputs).toEqual([1, 2, 3]);
    const spans = seen.spans();
    expect(tree(spans)).toEqual(["batch embeddings small", "  embeddings small", "  embeddings small"]);
    const [first, second] = named(spans, "embeddings small");
    expect(first?.kind).toBe(SpanKind.CLIENT);
    expect(first?.attributes).toEqual({
      team: "search",
      "gen_ai.operation.name": "embeddings",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": "small",
      "gen_ai.usage.input_tokens": 20,
      "batchwise.request.inputs": 2,
      "batchwise.request.attempt": 1,
      "batchwise.request.id": "req_1",
      "batchwise.request.cost": 10,
    });
    expect(second?.attributes["batchwise.request.inputs"]).toBe(1);
    const [batch] = named(spans, "batch embeddings small");
    expect(batch?.kind).toBe(SpanKind.INTERNAL);
    expect(batch?.attributes).toEqual({
      team: "search",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": "small",
      "batchwise.batch.method": "batch",
      "batchwise.batch.status": "completed",
      "batchwise.batch.size": 3,
      "batchwise.batch.fulfilled": 3,
      "batchwise.batch.rejected": 0,
      "batchwise.batch.unfinished": 0,
      "batchwise.batch.requests": 2,
      "batchwise.batch.retries": 0,
      "batchwise.batch.wait_time": 0,
      "batchwise.batch.input_tokens": 30,
      "batchwise.batch.cost": 15,
    });
    expect(batch?.status.code).toBe(SpanStatusCode.UNSET);
  });

  it("is named without a subject where nothing is said of it, and its requests are not said to be somebody else's", async () => {
    const seen = collector();
    await withTelemetry(lengths(), seen.providers).batch(["a"]);
    expect(tree(seen.spans())).toEqual(["batch", "  request"]);
    expect(named(seen.spans(), "request")[0]?.kind).toBe(SpanKind.INTERNAL);
  });

  it.each([
    ["batch", (all: Runnable<string, number>) => all.batch(["a", "b"])],
    ["batchAsCompleted", (all: Runnable<string, number>) => readAll(all.batchAsCompleted(["a", "b"]))],
    ["batchInOrder", (all: Runnable<string, number>) => readAll(all.batchInOrder(["a", "b"]))],
    ["invoke", (all: Runnable<string, number>) => all.invoke("a")],
  ])("is one span whichever method starts it: %s", async (method, run) => {
    for (const inner of [lengths(), runnable((text: string) => text.length)]) {
      const seen = collector();
      await run(withTelemetry(inner, seen.providers));
      const batches = seen.spans().filter((span) => span.parentSpanContext === undefined);
      expect(batches.map((span) => span.attributes["batchwise.batch.method"])).toEqual([method]);
      expect(batches[0]?.attributes["batchwise.batch.fulfilled"]).toBe(method === "invoke" ? 1 : 2);
      expect(seen.spans().length).toBeGreaterThan(1);
    }
  });

  it("is a child of what is active, and its requests are active while their calls run", async () => {
    const seen = collector();
    const tracer = seen.providers.tracerProvider.getTracer("application");
    const http = runnable(
      async (url: string) => {
        await Promise.resolve();
        tracer.startSpan(`GET ${url}`).end();
        return url;
      },
      { maxConcurrency: 2 },
    );
    const all = withTelemetry(http, { ...model, ...seen.providers });
    await tracer.startActiveSpan("job", async (job) => {
      await all.batch(["/a", "/b"]);
      expect(trace.getActiveSpan()).toBe(job);
      job.end();
    });
    expect(tree(seen.spans())).toEqual([
      "job",
      "  batch embeddings small",
      "    embeddings small",
      "      GET /a",
      "    embeddings small",
      "      GET /b",
    ]);
  });

  it("whose items failed single-handedly is no error; one that rejected is", async () => {
    const seen = collector();
    const all = withTelemetry(lengths(), { ...model, ...seen.providers });
    await all.batch(["a", "bad", "c"], { returnExceptions: true });
    const [kept] = named(seen.spans(), "batch embeddings small");
    expect(kept?.status.code).toBe(SpanStatusCode.UNSET);
    expect(kept?.attributes).toMatchObject({ "batchwise.batch.fulfilled": 2, "batchwise.batch.rejected": 1 });
    const answered = named(seen.spans(), "embeddings small").find(
      (span) => span.attributes["batchwise.request.rejected"],
    );
    expect(answered?.attributes["batchwise.request.rejected"]).toBe(1);
    expect(answered?.status.code).toBe(SpanStatusCode.UNSET);

    await failureOf(all.batch(["bad"]));
    const rejected = named(seen.spans(), "batch embeddings small").at(-1);
    expect(rejected?.status).toEqual({ code: SpanStatusCode.ERROR });
    expect(rejected?.attributes).toMatchObject({
      "batchwise.batch.status": "failed",
      "error.type": "invalid_input",
      "batchwise.error.class": "InputError",
    });
  });

  it("has an event for each retry, and each attempt is a request of its own", async () => {
    const seen = collector();
    const clock = new FakeClock();
    const failed = new Set<string>();
    const flaky = runnable(
      (text: string) => {
        if (failed.has(text)) return text;
        failed.add(text);
        throw outage();
      },
      { retry: { attempts: 3 } },
    );
    await clock.run(withTelemetry(flaky, { ...model, ...seen.providers }).batch(["a", "b"], { clock }));
    const [batch] = named(seen.spans(), "batch embeddings small");
    expect(batch?.status.code).toBe(SpanStatusCode.UNSET);
    expect(batch?.attributes["batchwise.batch.retries"]).toBe(2);
    expect(batch?.events.map(({ name, attributes }) => [name, attributes])).toEqual(
      Array.from({ length: 2 }, () => [
        "batchwise.retry",
        {
          "error.type": "provider_error",
          "batchwise.error.class": "ProviderError",
          "http.response.status_code": 503,
          "batchwise.request.attempt": 1,
          "batchwise.request.inputs": 1,
          "batchwise.retry.delay": 1,
        },
      ]),
    );
    const requests = named(seen.spans(), "embeddings small");
    const ill = requests.filter((span) => span.status.code === SpanStatusCode.ERROR);
    expect(ill.map((span) => span.attributes["batchwise.request.attempt"])).toEqual([1, 1]);
    expect(ill[0]?.attributes["http.response.status_code"]).toBe(503);
    const well = requests.filter((span) => span.status.code === SpanStatusCode.UNSET);
    expect(well.map((span) => span.attributes["batchwise.request.attempt"])).toEqual([2, 2]);
  });

  it("tells attempts apart where many calls are in flight", async () => {
    const seen = collector();
    const clock = new FakeClock();
    const failed = new Set<string>();
    const flaky = runnable(
      async (text: string) => {
        trace.getActiveSpan()?.setAttribute("text", text);
        await new Promise<void>((resolve) => clock.after(text.length % 7, resolve));
        if (text.length % 3 > 0 || failed.has(text)) return text;
        failed.add(text);
        throw outage();
      },
      { maxConcurrency: 8, retry: { attempts: 3 } },
    );
    const texts = Array.from({ length: 60 }, (_, index) => "x".repeat(index));
    await clock.run(withTelemetry(flaky, { ...model, ...seen.providers }).batch(texts, { clock, timeoutMs: 60_000 }));
    const attempts = Map.groupBy(named(seen.spans(), "embeddings small"), (span) => span.attributes["text"]);
    for (const text of texts) {
      const seenAttempts = attempts.get(text)?.map((span) => span.attributes["batchwise.request.attempt"]);
      expect(seenAttempts?.toSorted(), text).toEqual(text.length % 3 > 0 ? [1] : [1, 2]);
    }
  });

  it("of an author's own batch has one request for each call of it", async () => {
    class Own extends Runnable<string, string> {
      override async invoke(text: string): Promise<string> {
        return text;
      }
      override async batch(texts: string[]): Promise<string[]> {
        return texts.map((text) => text.toUpperCase());
      }
    }
    const seen = collector();
    const all = withTelemetry(new Own(), { ...model, ...seen.providers });
    expect(await all.batch(["a", "b"])).toEqual(["A", "B"]);
    expect(tree(seen.spans())).toEqual(["batch embeddings small", "  embeddings small"]);
    expect(named(seen.spans(), "batch embeddings small")[0]?.attributes).toMatchObject({
      "batchwise.batch.size": 2,
      "batchwise.batch.fulfilled": 2,
    });
    expect(await readAll(all.batchInOrder(["a", "b", "c"]))).toHaveLength(3);
    expect(tree(seen.spans())).toHaveLength(4);
  });

  it("of a stream begins with the first outcome that is asked for, and knows its size in the end", async () => {
    const seen = collector();
    const lazily = (function* () {
      yield* ["a", "b", "c"];
    })();
    const outcomes = withTelemetry(lengths(), seen.providers).batchAsCompleted(lazily);
    await Promise.resolve();
    expect(seen.spans()).toEqual([]);
    await readAll(outcomes);
    expect(named(seen.spans(), "batch")[0]?.attributes["batchwise.batch.size"]).toBe(3);
    expect(await withTelemetry(lengths(), seen.providers).batchAsCompleted(["a"]).return?.()).toMatchObject({
      done: true,
    });
    expect(named(seen.spans(), "batch")).toHaveLength(1);
  });

  it("that waits for limits says how long", async () => {
    const seen = collector();
    const clock = new FakeClock();
    const limiter = rateLimiter({ requestsPerMinute: 60, clock });
    const all = withTelemetry(
      runnable((text: string) => text, { limiter }),
      seen.providers,
    );
    await clock.run(all.batch(Array(62).fill("a"), { clock }));
    const waited = named(seen.spans(), "batch")[0]?.attributes["batchwise.batch.wait_time"] as number;
    expect(waited).toBeGreaterThan(0);
    expect(await seen.sum("batchwise.limit.wait_time")).toBe(waited);
  });

  it("that cannot be started is an error too", async () => {
    const seen = collector();
    const all = withTelemetry(lengths(), seen.providers);
    await failureOf(all.batch(["a"], { maxConcurrency: 0 }));
    await failureOf(readAll(all.batchAsCompleted(["a"], { maxConcurrency: 0 })));
    await failureOf(all.batch(["a"], { onFinish: 1 as never }));
    await failureOf(all.batch(["a"], null as never));
    expect(named(seen.spans(), "batch").map((span) => span.attributes["error.type"])).toEqual(
      Array(4).fill("invalid_argument"),
    );
    expect(await seen.sum("batchwise.items")).toBe(0);
  });
});

describe("an end that comes early", () => {
  const hanging = (seen: ReturnType<typeof collector>): Runnable<string, string> =>
    withTelemetry(
      runnable((text: string) => (text === "quick" ? text : new Promise<string>(() => {})), { maxConcurrency: 2 }),
      { ...model, ...seen.providers },
    );

  it("L7 by abort ends the spans of calls that never end", async () => {
    const seen = collector();
    const controller = new AbortController();
    const run = failureOf(hanging(seen).batch(["a", "b", "c"], { signal: controller.signal }));
    controller.abort();
    await run;
    expect(seen.spans().map((span) => [span.name, span.attributes["error.type"], span.status.code])).toEqual([
      ["embeddings small", "aborted", SpanStatusCode.ERROR],
      ["embeddings small", "aborted", SpanStatusCode.ERROR],
      ["batch embeddings small", "AbortError", SpanStatusCode.ERROR],
    ]);
    expect(await seen.sum("batchwise.active_requests")).toBe(0);
    expect(await seen.sum("batchwise.items", { "batchwise.outcome": "unfinished" })).toBe(3);
  });

  it("by abort is an error of the batch where the caller gets the reason thrown", async () => {
    const runs: readonly (readonly [
      boolean,
      (all: Runnable<string, string>, signal: AbortSignal) => Promise<unknown>,
    ])[] = [
      [true, (all, signal) => all.batch(["a"], { signal })],
      [true, (all, signal) => all.invoke("a", { signal })],
      [true, (all, signal) => readAll(all.batchAsCompleted(["a"], { signal }))],
      [true, (all, signal) => readAll(all.batchInOrder(["a"], { signal }))],
      [false, (all, signal) => all.batch(["a"], { signal, returnExceptions: true })],
    ];
    for (const [isThrown, run] of runs) {
      const seen = collector();
      const controller = new AbortController();
      const ended = run(hanging(seen), controller.signal).then(
        () => false,
        () => true,
      );
      controller.abort();
      expect(await ended).toBe(isThrown);
      const batch = seen.spans().at(-1);
      expect(batch?.attributes["batchwise.batch.status"]).toBe("aborted");
      expect(batch?.status.code).toBe(isThrown ? SpanStatusCode.ERROR : SpanStatusCode.UNSET);
    }
  });

  it("by a consumer who leaves is no error of the batch", async () => {
    const seen = collector();
    for await (const _ of hanging(seen).batchAsCompleted(["quick", "slow", "slow"])) break;
    const [batch] = named(seen.spans(), "batch embeddings small");
    expect(batch?.status.code).toBe(SpanStatusCode.UNSET);
    expect(batch?.attributes).toMatchObject({ "batchwise.batch.status": "aborted", "batchwise.batch.fulfilled": 1 });
    expect(await seen.sum("batchwise.active_requests")).toBe(0);
  });

  it("by timeoutMs is the request's, whose call nobody waits for any more", async () => {
    const seen = collector();
    const clock = new FakeClock();
    await clock.run(hanging(seen).batch(["a"], { timeoutMs: 50, returnExceptions: true, clock }));
    const [request] = named(seen.spans(), "embeddings small");
    expect(request?.attributes).toMatchObject({ "error.type": "timeout", "batchwise.request.attempt": 1 });
    expect(await seen.sum("batchwise.active_requests")).toBe(0);
  });

  it("by a hook that throws is an error", async () => {
    const seen = collector();
    const onFinish = (): never => {
      throw new RangeError("A hook.");
    };
    await failureOf(withTelemetry(lengths(), seen.providers).batch(["a"], { onFinish }));
    const [batch] = named(seen.spans(), "batch");
    expect(batch?.attributes["error.type"]).toBe("RangeError");
  });
});

describe("what is never recorded", () => {
  it("P35 an input, an output, a message, a stack, a field of an error, or its name", async () => {
    const secret = "s3cret";
    class Foreign extends Error {
      readonly status = 418;
      readonly body = secret;
    }
    const seen = collector();
    const failures: unknown[] = [
      Object.assign(new Foreign(secret, { cause: new Error(secret) }), { name: secret }),
      new DOMException(secret, secret),
      new ProviderError(secret, { retryable: false, status: 400, providerCode: secret }),
      new InputError(secret),
      secret,
      { secret },
      Object.assign(Object.create(null), { secret }),
    ];
    const all = withTelemetry(
      runnable((position: number) => (position < failures.length ? Promise.reject(failures[position]) : secret), {
        retry: { attempts: 2, minDelayMs: 0 },
      }),
      { ...model, ...seen.providers },
    );
    await all.batch([0, 1, 2, 3, 4, 5, 6, 7], { returnExceptions: true });
    await failureOf(all.invoke(0));
    const onFinish = (): never => {
      throw new Foreign(secret);
    };
    await failureOf(readAll(all.batchAsCompleted([7], { onFinish })));
    const told = seen.spans().map(({ name, attributes, events, status }) => ({ name, attributes, events, status }));
    const everything = JSON.stringify([told, await seen.points()]);
    expect(everything).toContain("Foreign");
    expect(everything).toContain("418");
    expect(everything).not.toContain(secret);
  });
});

describe("options", () => {
  it("requestSpans: false leaves one span a batch, which says what was used, and is active for the calls", async () => {
    const seen = collector();
    let active: string | undefined;
    const inner = runnable((text: string, { report }: CallOptions) => {
      active = (trace.getActiveSpan() as ReadableSpan | undefined)?.name;
      report?.({ usage: { inputTokens: 5, outputTokens: 2 } });
      return text;
    });
    await withTelemetry(inner, { ...model, ...seen.providers, requestSpans: false }).batch(["a", "b"]);
    expect(tree(seen.spans())).toEqual(["batch embeddings small"]);
    expect(active).toBe("batch embeddings small");
    expect(seen.spans()[0]?.attributes).toMatchObject({
      "gen_ai.operation.name": "embeddings",
      "gen_ai.usage.input_tokens": 10,
      "gen_ai.usage.output_tokens": 4,
    });
    expect(await seen.sum("batchwise.requests")).toBe(2);
  });
});
