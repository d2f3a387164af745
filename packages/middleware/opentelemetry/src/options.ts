import { ArgumentError } from "@batchwise/core";
import { requireKnown, show } from "@batchwise/core/wrappers";
import type { Attributes, MeterProvider, TracerProvider } from "@opentelemetry/api";

/** Options of `withTelemetry`. A Runnable cannot tell whose model it calls, and the conventions ask for it. */
export interface TelemetryOptions {
  /** Operation of a request: `chat`, `embeddings`, `text_completion`, ... (`gen_ai.operation.name`). */
  readonly operation?: string;
  /** Provider that answers: `openai`, `cohere`, `azure.ai.openai`, ... (`gen_ai.provider.name`). */
  readonly provider?: string;
  /** Model that is asked for (`gen_ai.request.model`). */
  readonly model?: string;
  /** Attributes of every span and every measurement. Few values each: metrics keep a series for each combination. */
  readonly attributes?: Attributes;
  /** A span for each request. `false` leaves one span a batch, for millions of requests. @default true */
  readonly requestSpans?: boolean;
  /** @default the global one, looked up at each batch, so that one which is registered later counts too */
  readonly tracerProvider?: TracerProvider;
  /** @default the global one, looked up at each batch, so that one which is registered later counts too */
  readonly meterProvider?: MeterProvider;
}

type Check = readonly [expected: string, holds: (value: unknown) => boolean];

const TEXT: Check = ["a non-empty string", (value) => typeof value === "string" && value !== ""];

const OPTIONS: Readonly<Record<keyof TelemetryOptions, Check>> = {
  operation: TEXT,
  provider: TEXT,
  model: TEXT,
  attributes: ["an object of attributes", (value) => typeof value === "object" && value !== null],
  requestSpans: ["true or false", (value) => typeof value === "boolean"],
  tracerProvider: ["a TracerProvider with getTracer(name)", (value) => hasMethod(value, "getTracer")],
  meterProvider: ["a MeterProvider with getMeter(name)", (value) => hasMethod(value, "getMeter")],
};

/** @throws ArgumentError that names the option, what it takes and what was given */
export function requireOptions(options: TelemetryOptions): void {
  if (typeof options !== "object" || options === null) {
    const example = 'Give such as { operation: "embeddings", provider: "openai" }.';
    throw new ArgumentError(`Expected \`options\` of withTelemetry to be an object, got ${show(options)}. ${example}`);
  }
  requireKnown("withTelemetry", options, Object.keys(OPTIONS));
  for (const [name, value] of Object.entries(options)) {
    const [expected, holds] = OPTIONS[name as keyof TelemetryOptions];
    if (value === undefined || holds(value)) continue;
    throw new ArgumentError(`Expected \`${name}\` of withTelemetry to be ${expected}, got ${show(value)}.`);
  }
}

function hasMethod(value: unknown, name: string): boolean {
  return typeof value === "object" && value !== null && typeof Reflect.get(value, name) === "function";
}
