import { bulkRunnable, ProviderError, runnable } from "@batchwise/core";
import { failureOf, FakeClock } from "@batchwise/testkit";
import {
  context,
  type ContextManager,
  diag,
  type DiagLogger,
  type MeterProvider,
  ROOT_CONTEXT,
  type TracerProvider,
} from "@opentelemetry/api";
import { afterEach, describe, expect, it } from "vitest";
import { withTelemetry } from "./index.ts";
import { collector } from "./testing/collector.ts";
import { readAll } from "./testing/read.ts";

afterEach(() => {
  context.disable();
  diag.disable();
});

/** An object like `real` that throws, deep inside too, from the call of `method` on. */
function throwing<T extends object>(real: T, method: string): T {
  return new Proxy(real, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...args: unknown[]): unknown => {
        if (name === method) throw new Error("A broken provider.");
        const answer: unknown = (value as (...all: unknown[]) => unknown).apply(target, args);
        return typeof answer === "object" && answer !== null ? throwing(answer, method) : answer;
      };
    },
  });
}

async function run(providers: { tracerProvider: TracerProvider; meterProvider: MeterProvider }): Promise<unknown> {
  const clock = new FakeClock();
  let calls = 0;
  const inner = bulkRunnable<string, string>(
    async (texts, { report }) => {
      report?.({ usage: { inputTokens: 1, outputTokens: 1, cost: 1 } });
      if (++calls === 1) throw new ProviderError("Busy.", { retryable: true });
      return texts.map((text) => (text === "bad" ? new TypeError("No.") : text.toUpperCase()));
    },
    { request: { maxInputs: 2 }, retry: { attempts: 2 } },
  );
  const all = withTelemetry(inner, providers);
  const slots = await clock.run(all.batch(["a", "bad", "c"], { clock, returnExceptions: true }));
  const outcomes = await readAll(all.batchAsCompleted(["d", "e"]));
  const failure = await failureOf(all.batch(["bad"], { retry: false }));
  return [slots.map(String), outcomes.length, await all.invoke("f"), (failure as Error).name];
}

describe("a provider that throws breaks no batch", () => {
  const methods = {
    tracerProvider: ["getTracer", "startSpan", "setAttributes", "setStatus", "addEvent", "end"],
    meterProvider: ["getMeter", "createHistogram", "createCounter", "createUpDownCounter", "record", "add"],
  };
  const cases = Object.entries(methods).flatMap(([provider, names]) => names.map((name) => [provider, name] as const));

  it.each(cases)("%s: %s", async (provider, method) => {
    const told: unknown[] = [];
    diag.setLogger({ error: (...all: unknown[]) => void told.push(all) } as unknown as DiagLogger);
    const { tracerProvider, meterProvider } = collector().providers;
    const broken = { tracerProvider, meterProvider };
    expect(await run({ ...broken, [provider]: throwing(broken[provider as "tracerProvider"], method) })).toEqual([
      ["A", "TypeError: No.", "C"],
      2,
      "F",
      "BatchError",
    ]);
    expect(told).not.toEqual([]);
  });

  it.each([
    ["before it runs the work", (): never => fail()],
    ["after it has run the work", (_: unknown, work: () => unknown): never => (work(), fail())],
  ])("nor does a context manager that throws %s: each call is made once", async (_, broken) => {
    const manager = { active: () => ROOT_CONTEXT, with: broken, bind: () => fail(), enable: () => manager };
    context.setGlobalContextManager({ ...manager, disable: () => manager } as unknown as ContextManager);
    let calls = 0;
    const all = withTelemetry(
      runnable((text: string) => (calls++, text)),
      collector().providers,
    );
    expect(await all.batch(["a", "b"])).toEqual(["a", "b"]);
    expect(calls).toBe(2);
  });

  it("nor one whose context is out of reach, nor a logger that throws", async () => {
    diag.setLogger({ error: fail } as unknown as DiagLogger);
    const manager = { active: fail, with: fail, bind: fail, enable: () => manager, disable: () => manager };
    context.setGlobalContextManager(manager);
    expect(
      await withTelemetry(
        runnable((text: string) => text),
        collector().providers,
      ).batch(["a"]),
    ).toEqual(["a"]);
  });
});

function fail(): never {
  throw new Error("A broken context manager.");
}
