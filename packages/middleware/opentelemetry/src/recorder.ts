import {
  type Attributes,
  createNoopMeter,
  type Meter,
  type MeterProvider,
  metrics,
  ProxyTracerProvider,
  trace,
  type Tracer,
  type TracerProvider,
} from "@opentelemetry/api";
import { type Instruments, instrumentsOf } from "./instruments.ts";
import { ATTRIBUTE, SCOPE } from "./names.ts";
import type { TelemetryOptions } from "./options.ts";
import { quietly } from "./quietly.ts";

/** Destination of spans and measurements, and attributes of all of them. */
export interface Recorder {
  readonly tracer: Tracer | undefined;
  readonly instruments: Instruments | undefined;
  readonly requestSpans: boolean;
  /** Of everything: the model's and the caller's. */
  readonly attributes: Attributes;
  /** Of requests: the same, and the operation. A batch is many operations and not one. */
  readonly requestAttributes: Attributes;
  /** End of each span's name: `embeddings text-embedding-3-small`. */
  readonly subject: string;
  /** True where the requests are operations of a generative AI, which a provider carries out. */
  readonly isRemote: boolean;
}

/** Options of one `withTelemetry`, and the providers as they are registered at the moment. */
export class Recording {
  readonly #options: TelemetryOptions;
  #meter: Meter | undefined;
  #recorder: Recorder | undefined;

  constructor(options: TelemetryOptions) {
    this.#options = options;
  }

  /** Recorder of this moment; undefined while no provider is registered. */
  recorder(): Recorder | undefined {
    const { tracerProvider, meterProvider } = this.#options;
    const tracer = quietly(() => tracerOf(tracerProvider ?? trace.getTracerProvider()));
    const meter = quietly(() => meterOf(meterProvider ?? metrics.getMeterProvider()));
    if (tracer === undefined && meter === undefined) return undefined;
    if (this.#recorder?.tracer !== tracer || this.#meter !== meter) this.#recorder = undefined;
    this.#meter = meter;
    return (this.#recorder ??= recorderOf(this.#options, tracer, meter));
  }
}

function recorderOf(options: TelemetryOptions, tracer: Tracer | undefined, meter: Meter | undefined): Recorder {
  const { operation, provider, model, requestSpans = true } = options;
  const attributes: Attributes = {
    ...options.attributes,
    ...(provider !== undefined && { [ATTRIBUTE.provider]: provider }),
    ...(model !== undefined && { [ATTRIBUTE.model]: model }),
  };
  return {
    tracer,
    instruments: meter && quietly(() => instrumentsOf(meter)),
    requestSpans: requestSpans && tracer !== undefined,
    attributes,
    requestAttributes: { ...attributes, ...(operation !== undefined && { [ATTRIBUTE.operation]: operation }) },
    subject: [operation, model].filter((part) => part !== undefined).join(" "),
    isRemote: operation !== undefined,
  };
}

/** Tracer of a provider; undefined where it is still the API's own, which records nothing. */
function tracerOf(provider: TracerProvider): Tracer | undefined {
  return provider instanceof ProxyTracerProvider ? provider.getDelegateTracer(SCOPE) : provider.getTracer(SCOPE);
}

/** Meter of a provider; undefined where it is still the API's own, which records nothing. */
function meterOf(provider: MeterProvider): Meter | undefined {
  const meter = provider.getMeter(SCOPE);
  return meter === createNoopMeter() ? undefined : meter;
}
