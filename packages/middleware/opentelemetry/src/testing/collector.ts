import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { type Attributes, context } from "@opentelemetry/api";
import {
  AggregationTemporality,
  type Histogram,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";

/** One measured value, with what it was measured of. */
export interface Point {
  readonly attributes: Attributes;
  readonly value: number | Histogram;
}

/** Real SDKs that keep everything in memory. */
export interface Collector {
  /** Providers, as options. */
  readonly providers: { readonly tracerProvider: TracerProvider; readonly meterProvider: MeterProvider };
  /** Spans that have ended, in the order of their ends. */
  spans(): ReadableSpan[];
  /** Everything that has been measured, by the metric's name. */
  points(): Promise<Record<string, Point[]>>;
  /** The sum of a metric over all attributes, or over those that are given: a counter's, or a histogram's. */
  sum(name: string, attributes?: Attributes): Promise<number>;
  /** Number of values that a histogram holds. */
  count(name: string): Promise<number>;
  /** The unit of each metric that has a value. */
  units(): Promise<Record<string, string>>;
}

export function collector(): Collector {
  const spans = new InMemorySpanExporter();
  const metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: metrics, exportIntervalMillis: 3_600_000 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] });
  const collected = async (): Promise<MetricData[]> => {
    const { resourceMetrics } = await reader.collect();
    return resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
  };
  const points = async (): Promise<Record<string, Point[]>> =>
    Object.fromEntries((await collected()).map((metric) => [metric.descriptor.name, metric.dataPoints as Point[]]));
  return {
    providers: { tracerProvider, meterProvider },
    spans: () => spans.getFinishedSpans(),
    points,
    sum: async (name, attributes = {}) => {
      const own = ((await points())[name] ?? []).filter((point) => holds(point.attributes, attributes));
      return own.reduce((sum, { value }) => sum + (typeof value === "number" ? value : (value.sum ?? 0)), 0);
    },
    count: async (name) =>
      ((await points())[name] ?? []).reduce((sum, { value }) => sum + (value as Histogram).count, 0),
    units: async () =>
      Object.fromEntries((await collected()).map(({ descriptor }) => [descriptor.name, descriptor.unit])),
  };
}

/** Makes spans children of what is active, as an application's own set-up does. */
export function useContextManager(): () => void {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  return () => context.disable();
}

function holds(attributes: Attributes, expected: Attributes): boolean {
  return Object.entries(expected).every(([name, value]) => attributes[name] === value);
}
