import type { DrawnRequest, Schedule } from "../schedule.ts";

/** Meaning of the drawn options, by the options' own documentation. */
export interface Facts {
  /** Calls in flight at once. */
  readonly cap: number;
  /** Inputs in one call. */
  readonly size: number;
  /** Tokens in one call of more than one input; bytes are twice the tokens. */
  readonly sizeTokens: number;
  /** Unsettled inputs at once: 2 x concurrency x request size (L11). */
  readonly bound: number;
  /** Calls in all of one input. */
  readonly attempts: number;
  readonly timeoutMs: number;
  /** True where each slot is sent on its own though its input comes more than once. */
  readonly repeats: boolean;
  /** The longest backoff before call `failures + 1`, and the shortest. */
  readonly longestBackoffMs: (failures: number, retryAfterMs: number | undefined) => number;
  readonly shortestBackoffMs: (failures: number, retryAfterMs: number | undefined) => number;
  /** The longest wait asked for that is obeyed. */
  readonly maxRetryAfterMs: number;
  /** True where an iterator's consumer asks for the next outcome as soon as it has one. */
  readonly instantConsumer: boolean;
}

export function factsOf(schedule: Schedule): Facts {
  const { options, hook } = schedule;
  const concurrency = options.maxConcurrency ?? (hook === "invokeMany" ? 5 : 1);
  const requests = [options.request, options.requestElsewhere].filter((each) => each !== undefined);
  const size = hook === "invoke" ? 1 : sizeOf(requests);
  const retry = options.retry || undefined;
  const streams = schedule.reading === "asCompleted" || schedule.reading === "inOrder";
  const backoff = (failures: number): number =>
    retry === undefined ? 0 : Math.min(retry.maxDelayMs, retry.minDelayMs * retry.factor ** (failures - 1));
  return {
    // An override of `batch` is called one at a time.
    cap: hook === "batch" ? 1 : concurrency,
    size,
    sizeTokens: least(
      requests.flatMap((each) => [each.maxTokens, each.maxBytes === undefined ? undefined : each.maxBytes / 2]),
    ),
    bound: 2 * concurrency * size,
    attempts: retry?.attempts ?? 1,
    timeoutMs: options.timeoutMs ?? Infinity,
    repeats: options.dedupe === undefined && schedule.distinct < schedule.count,
    longestBackoffMs: (failures, retryAfterMs) => Math.max(backoff(failures), retryAfterMs ?? 0),
    shortestBackoffMs: (failures, retryAfterMs) => retryAfterMs ?? backoff(failures) * (1 - (retry?.jitter ?? 0)),
    maxRetryAfterMs: retry?.maxRetryAfterMs ?? Infinity,
    instantConsumer: !streams || schedule.consumer.delays.every((delay) => delay === 0),
  };
}

function sizeOf(requests: readonly DrawnRequest[]): number {
  const sizes = requests.map((each) => each.maxInputs);
  const limited = requests.some((each) => Object.values(each).some((limit) => limit !== undefined));
  return limited ? least(sizes) : 100;
}

function least(numbers: readonly (number | undefined)[]): number {
  return Math.min(Infinity, ...numbers.filter((each) => each !== undefined));
}
