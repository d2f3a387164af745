import { bulkRunnable, type CallOptions, ProviderError, runnable } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import type { Attributes } from "@opentelemetry/api";
import type { Histogram } from "@opentelemetry/sdk-metrics";
import { describe, expect, it } from "vitest";
import { withTelemetry } from "./index.ts";
import { collector, type Point } from "./testing/collector.ts";

const model = { operation: "chat", provider: "cohere", model: "command" };
const common: Attributes = {
  "gen_ai.operation.name": "chat",
  "gen_ai.provider.name": "cohere",
  "gen_ai.request.model": "command",
};

const busy = (): ProviderError => new ProviderError("Busy.", { retryable: true, status: 503 });

describe("metrics", () => {
  it("are the conventions' and ours, with units and attributes", async () => {
    const seen = collector();
    const clock = new FakeClock();
    let calls = 0;
    const chat = bulkRunnable<string, string>(
      async (texts, { report }) => {
        if (++calls === 1) throw busy();
        report?.({ usage: { inputTokens: 100, outputTokens: 7, cost: 0.5 } });
        return texts.map((text) => (text === "bad" ? new TypeError("No.") : text));
      },
      { request: { maxInputs: 3 }, retry: { attempts: 2 } },
    );
    const all = withTelemetry(chat, { ...model, ...seen.providers, attributes: { team: "a" } });
    await clock.run(all.batch(["a", "b", "bad", "d"], { clock, returnExceptions: true, maxConcurrency: 1 }));

    const own = { ...common, team: "a" };
    const points = await seen.points();
    const sums = (name: string): unknown => points[name]?.map(({ attributes, value }) => [attributes, value]);
    const numbers = (name: string): unknown =>
      points[name]?.map(({ attributes, value }) => [attributes, (value as Histogram).count, (value as Histogram).sum]);
    expect(sums("batchwise.items")).toEqual([
      [{ ...own, "batchwise.outcome": "fulfilled" }, 3],
      [{ ...own, "batchwise.outcome": "rejected", "error.type": "_OTHER" }, 1],
    ]);
    expect(sums("batchwise.requests")).toEqual([
      [{ ...own, "error.type": "provider_error" }, 1],
      [own, calls - 1],
    ]);
    expect(sums("batchwise.retries")).toContainEqual([{ ...own, "error.type": "provider_error" }, 1]);
    expect(sums("batchwise.active_requests")).toEqual([[own, 0]]);
    expect(sums("batchwise.cost")).toEqual([[own, (calls - 1) / 2]]);
    expect(numbers("gen_ai.client.token.usage")).toEqual([
      [{ ...own, "gen_ai.token.type": "input" }, calls - 1, (calls - 1) * 100],
      [{ ...own, "gen_ai.token.type": "output" }, calls - 1, (calls - 1) * 7],
    ]);
    expect(points["gen_ai.client.operation.duration"]?.map(({ attributes }) => attributes)).toEqual([
      { ...own, "error.type": "provider_error" },
      own,
    ]);
    expect(await seen.count("batchwise.request.inputs")).toBe(calls);

    expect(await seen.units()).toEqual({
      "batchwise.active_requests": "{request}",
      "batchwise.cost": "{currency}",
      "batchwise.items": "{item}",
      "batchwise.request.inputs": "{input}",
      "batchwise.requests": "{request}",
      "batchwise.retries": "{retry}",
      "gen_ai.client.operation.duration": "s",
      "gen_ai.client.token.usage": "{token}",
    });
  });

  it("have the buckets that the conventions advise", async () => {
    const seen = collector();
    const chat = runnable((text: string, { report }: CallOptions) => {
      report?.({ usage: { inputTokens: 1 } });
      return text;
    });
    await withTelemetry(chat, seen.providers).batch(["a"]);
    const points = await seen.points();
    const bounds = (name: string): number[] => (points[name] as Point[])[0]!.value["buckets" as never]["boundaries"];
    expect(bounds("gen_ai.client.token.usage")).toEqual(Array.from({ length: 14 }, (_, power) => 4 ** power));
    expect(bounds("gen_ai.client.operation.duration")).toEqual(
      Array.from({ length: 14 }, (_, power) => 2 ** power / 100),
    );
    expect(bounds("batchwise.request.inputs")).toEqual(Array.from({ length: 12 }, (_, power) => 2 ** power));
  });

  it("count what is fulfilled and what is in flight while the batch runs", async () => {
    const seen = collector();
    const clock = new FakeClock();
    const slow = runnable((ms: number) => new Promise<number>((resolve) => clock.after(ms, () => resolve(ms))), {
      maxConcurrency: 3,
    });
    const run = withTelemetry(slow, seen.providers).batch([1000, 2000, 9000], { clock });
    await clock.advance(5000);
    expect(await seen.sum("batchwise.items")).toBe(2);
    expect(await seen.sum("batchwise.active_requests")).toBe(1);
    await clock.run(run);
    expect(await seen.sum("batchwise.items")).toBe(3);
    expect(await seen.sum("batchwise.active_requests")).toBe(0);
  });

  it("P9 take no number that is none", async () => {
    const seen = collector();
    const odd = runnable(
      (text: string, { report }: CallOptions) => {
        report?.({ usage: { inputTokens: NaN, outputTokens: -1, cost: Infinity } });
        report?.({ usage: { totalTokens: 4 } });
        report?.({ usage: "none" as never, requestId: 5 as never });
        return text;
      },
      { price: { perMillionInputTokens: 1e6 } },
    );
    expect(await withTelemetry(odd, seen.providers).batch(["a"])).toEqual(["a"]);
    const points = await seen.points();
    expect(points["gen_ai.client.token.usage"]).toBeUndefined();
    expect(await seen.sum("batchwise.cost")).toBe(4);
  });

  it("are there without spans, and spans without metrics", async () => {
    const seen = collector();
    const same = runnable((text: string) => text);
    await withTelemetry(same, { meterProvider: seen.providers.meterProvider }).batch(["a"]);
    expect(seen.spans()).toEqual([]);
    expect(await seen.sum("batchwise.items")).toBe(1);
    await withTelemetry(same, { tracerProvider: seen.providers.tracerProvider }).batch(["a"]);
    expect(seen.spans()).toHaveLength(2);
    expect(await seen.sum("batchwise.items")).toBe(1);
  });
});
