import { BatchwiseError, type RunnableSettings, type Weight } from "@batchwise/core";
import { isRetryable, JobLeftError } from "./errors.ts";
import { jobPriceOf } from "./prices.ts";
import type { Session } from "./session.ts";
import { bytesOf, LONGEST_ID } from "./shard.ts";

const ATTEMPTS = 3;
/** Jobs in flight at once. */
const MAX_CONCURRENCY = 20;
/** Milliseconds before inputs go into another job: the first job took longer by far. */
const RETRY_DELAY_MS = 1000;

/** Settings with which the engine cuts a batch into jobs: each of its calls is one, or a few in turn. */
export function engineSettings<Input, Output>(
  session: Session<Input, Output>,
  maxRetryAfterMs: number,
): RunnableSettings<Input, Output> {
  const { backend, caps, live, options } = session;
  const price = jobPriceOf(session.price, backend.priceShare);
  const { schema, dedupe, callOptions } = live.settings ?? {};
  const weights: Weights = new Map();
  const { lines = Infinity, inputsPerLine = 1, inputs = Infinity, bytes } = caps;
  return {
    maxConcurrency: MAX_CONCURRENCY,
    request: {
      maxInputs: Math.min(inputs, lines * inputsPerLine),
      ...(bytes === undefined ? {} : { maxBytes: bytes }),
    },
    weigh: (input) => weigh(session, input, weights),
    retry: {
      attempts: options.attempts ?? ATTEMPTS,
      minDelayMs: RETRY_DELAY_MS,
      maxRetryAfterMs,
      shouldRetry: isWorthAnotherJob,
    },
    ...(price === undefined ? {} : { price }),
    ...(schema === undefined ? {} : { schema }),
    ...(dedupe === undefined ? {} : { dedupe }),
    ...(callOptions === undefined ? {} : { callOptions }),
  };
}

/** @throws InputError for an input that no job takes: the engine fails it at once */
function weigh<Input, Output>(
  { backend, caps, weigh: weightOf }: Session<Input, Output>,
  input: Input,
  weights: Weights,
): Weight {
  backend.check?.(input);
  if (caps.bytes === undefined) return weightOf(input);
  const { tokens = 0, outputTokens } = weightOf(input);
  const bytes = bytesOf(backend.line([input], LONGEST_ID));
  const known = weights.get(bytes);
  if (known !== undefined && known.tokens === tokens && known.outputTokens === outputTokens) return known;
  // Copied with `...`, it would take twice the memory.
  const weight = outputTokens === undefined ? { tokens, bytes } : { tokens, outputTokens, bytes };
  if (bytes < MOST_WEIGHTS) weights.set(bytes, weight);
  return weight;
}

/** Last weight of a line of so many bytes. The engine keeps an input's: most of the same length have the same one. */
type Weights = Map<number, Weight>;

/** Bytes of a line from which its weight is its own. */
const MOST_WEIGHTS = 10_000;

/**
 * True where another job may help, as it may for an answer that cannot be read. An input that timed out may succeed later,
 * but its batch would not wait for it; a job that is kept is paid.
 */
function isWorthAnotherJob(error: Error): boolean {
  if (!BatchwiseError.isInstance(error) || JobLeftError.isInstance(error)) return false;
  return error.code === "invalid_result" || (isRetryable(error) && error.code !== "timeout");
}
