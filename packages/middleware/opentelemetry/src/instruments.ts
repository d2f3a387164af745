import type { Counter, Histogram, Meter, UpDownCounter } from "@opentelemetry/api";

/** Buckets that the conventions advise for tokens. */
const TOKENS = [1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864];
/** Buckets that the conventions advise for seconds. */
const SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
/** Buckets up to the largest requests that a provider takes. */
const INPUTS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048];

/** Instruments of all metrics. Units are UCUM's. */
export interface Instruments {
  readonly tokenUsage: Histogram;
  readonly operationDuration: Histogram;
  readonly items: Counter;
  readonly requests: Counter;
  readonly activeRequests: UpDownCounter;
  readonly requestInputs: Histogram;
  readonly retries: Counter;
  readonly waitTime: Counter;
  readonly cost: Counter;
}

/** Makes the instruments of a meter, which gives the same one for the same name. */
export function instrumentsOf(meter: Meter): Instruments {
  return {
    tokenUsage: meter.createHistogram("gen_ai.client.token.usage", {
      description: "Number of input and output tokens used.",
      unit: "{token}",
      advice: { explicitBucketBoundaries: TOKENS },
    }),
    operationDuration: meter.createHistogram("gen_ai.client.operation.duration", {
      description: "GenAI operation duration.",
      unit: "s",
      advice: { explicitBucketBoundaries: SECONDS },
    }),
    items: meter.createCounter("batchwise.items", {
      description: "Inputs of batches by their outcome.",
      unit: "{item}",
    }),
    requests: meter.createCounter("batchwise.requests", {
      description: "Requests that have ended, retries included.",
      unit: "{request}",
    }),
    activeRequests: meter.createUpDownCounter("batchwise.active_requests", {
      description: "Requests in flight.",
      unit: "{request}",
    }),
    requestInputs: meter.createHistogram("batchwise.request.inputs", {
      description: "Inputs in a request.",
      unit: "{input}",
      advice: { explicitBucketBoundaries: INPUTS },
    }),
    retries: meter.createCounter("batchwise.retries", {
      description: "Calls that are tried again.",
      unit: "{retry}",
    }),
    waitTime: meter.createCounter("batchwise.limit.wait_time", {
      description: "Time in which a request of a batch waited for a rate limit.",
      unit: "s",
    }),
    cost: meter.createCounter("batchwise.cost", {
      description: "What requests cost, in the currency of the Runnable's price.",
      unit: "{currency}",
    }),
  };
}
