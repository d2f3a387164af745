import { bulkRunnable, type Runnable, runnable } from "@batchwise/core";
import { context } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { NoopSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { type TelemetryOptions, withTelemetry } from "../src/index.ts";

/**
 * Cost of telemetry, on Runnables that do nothing: alone, with no provider registered, and with a real SDK, which records
 * spans and drops them. Prints one table for each way of calling; the variants take turns, and
 * of each the best of the rounds counts.
 *
 * Run with `pnpm run bench`, on a machine that has nothing else to do.
 */
const ROUNDS = 15;
const PER_REQUEST = 100;

const reader = new PeriodicExportingMetricReader({
  exporter: new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE),
  exportIntervalMillis: 3_600_000,
});
const meterProvider = new MeterProvider({ readers: [reader] });
const tracerProvider = new TracerProvider({ spanProcessors: [new NoopSpanProcessor()] });
const model = { operation: "embeddings", provider: "openai", model: "small" };

const variants: Readonly<Record<string, TelemetryOptions | undefined>> = {
  "the Runnable alone": undefined,
  "no provider registered": model,
  metrics: { ...model, meterProvider },
  "metrics and a span a batch": { ...model, meterProvider, tracerProvider, requestSpans: false },
  "metrics and a span a request": { ...model, meterProvider, tracerProvider },
};

const one = runnable(async (input: number) => input, { maxConcurrency: 8 });
const many = bulkRunnable(async (inputs: readonly number[]) => inputs, { request: { maxInputs: PER_REQUEST } });

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
await measure("invoke, one input a request", one, 20_000, 1);
await measure(`invokeMany, ${PER_REQUEST} inputs a request`, many, 1000 * PER_REQUEST, PER_REQUEST);
process.exit();

async function measure(
  title: string,
  inner: Runnable<number, number>,
  count: number,
  inputsPerRequest: number,
): Promise<void> {
  const inputs = Array.from({ length: count }, (_, index) => index);
  const subjects = Object.entries(variants).map(([name, options]) => ({
    name,
    subject: options === undefined ? inner : withTelemetry(inner, options),
    best: Infinity,
  }));
  for (let turn = 0; turn < ROUNDS; turn++) {
    for (const each of subjects) {
      const start = performance.now();
      await each.subject.batch(inputs);
      each.best = Math.min(each.best, performance.now() - start);
    }
  }
  const [alone = NaN] = subjects.map(({ best }) => best);
  const requests = count / inputsPerRequest;
  console.log(title);
  console.table(
    subjects.map(({ name, best }) => ({
      variant: name,
      "µs a request": round((1000 * best) / requests),
      "more than alone": round((1000 * (best - alone)) / requests),
    })),
  );
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
