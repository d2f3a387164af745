import { ArgumentError } from "@batchwise/core";
import type { Attributes, MeterProvider, TracerProvider } from "@opentelemetry/api";

/** Options of `withTelemetry`. A Runnable cannot tell whose model it calls: say so, for the conventions want to know. */
export interface TelemetryOptions {
  /** What the requests are: `chat`, `embeddings`, `text_completion`, ... (`gen_ai.operation.name`). */
  readonly operation?: string;
  /** Who answers them: `openai`, `cohere`, `azure.ai.openai`, ... (`gen_ai.provider.name`). */
  readonly provider?: string;
  /** The model that is asked for (`gen_ai.request.model`). */
  readonly model?: string;
  /** Added to every span and every measurement. Few values each: metrics keep a series for each combination. */
  readonly attributes?: Attributes;
  /** A span for each request. `false` leaves one span a batch, for whoever sends millions. @default true */
  readonly requestSpans?: boolean;
  /** @default the global one, looked up at each batch, so that one which is registered later counts too */
  readonly tracerProvider?: TracerProvider;
  /** @default the global one, looked up at each batch, so that one which is registered later counts too */
  readonly meterProvider?: MeterProvider;
}

type Check = readonly [expected: string, holds: (value: unknown) => boolean];

const TEXT: Check = ["a text", (value) => typeof value === "string" && value !== ""];

const OPTIONS: Readonly<Record<keyof TelemetryOptions, Check>> = {
  operation: TEXT,
  provider: TEXT,
  model: TEXT,
  attributes: ["an object of attributes", (value) => typeof value === "object" && value !== null],
  requestSpans: ["true or false", (value) => typeof value === "boolean"],
  tracerProvider: ["a TracerProvider with getTracer(name)", (value) => hasMethod(value, "getTracer")],
  meterProvider: ["a MeterProvider with getMeter(name)", (value) => hasMethod(value, "getMeter")],
};

/** @throws ArgumentError that names the option, what it takes and what came */
export function requireOptions(options: TelemetryOptions): void {
  if (typeof options !== "object" || options === null) {
    throw new ArgumentError('withTelemetry expects options such as { operation: "embeddings", provider: "openai" }.');
  }
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(OPTIONS, name)) {
      throw new ArgumentError(
        `withTelemetry: ${name}: no such option. Known options: ${Object.keys(OPTIONS).join(", ")}.`,
      );
    }
    const [expected, holds] = OPTIONS[name as keyof TelemetryOptions];
    if (value !== undefined && !holds(value)) {
      throw new ArgumentError(`withTelemetry: ${name}: expected ${expected}, got a ${typeof value}.`);
    }
  }
}

function hasMethod(value: unknown, name: string): boolean {
  return typeof value === "object" && value !== null && typeof Reflect.get(value, name) === "function";
}
