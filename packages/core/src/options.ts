import type { Clock } from "./clock.ts";
import type { Completed } from "./completed.ts";
import type { JobBackend } from "./job-backend.ts";
import type { RateLimiter, RateLimitFacts } from "./limits/rate-limiter.ts";
import type { FinishReport, Progress, RequestEvent, RetryEvent } from "./report.ts";
import type { StandardSchema } from "./standard-schema.ts";

/** What a batch reads: an array, any iterable, or a stream. */
export type Inputs<Input> = Iterable<Input> | AsyncIterable<Input>;

/** Tokens and other quantities that a provider counts. Only finite numbers are added up. */
export interface Usage {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  /** @default inputTokens + outputTokens */
  readonly totalTokens?: number;
  /** What the call cost, where the provider says so. */
  readonly cost?: number;
}

/** What a call learnt beside its result. An adapter hands it to `options.report`. */
export interface CallReport {
  readonly usage?: Usage;
  /** What the response said of the provider's limits. */
  readonly limits?: RateLimitFacts;
  /** The provider's id of the request. */
  readonly requestId?: string;
}

/**
 * What `invoke` and `invokeMany` receive. Pass the same object on to a batch inside of `invoke`: its calls then
 * share the outer batch's cap, its signal, and its report.
 */
export interface CallOptions {
  /** Aborted when the result is no longer wanted. Hand it to the SDK or to `fetch`. */
  readonly signal?: AbortSignal;
  /** Tells the engine what the call used and learnt. Present whenever the engine makes the call. */
  readonly report?: (report: CallReport) => void;
}

/** How often and how patiently a failed call is tried again. */
export interface RetryOptions {
  /**
   * Calls in all, the first included.
   * @default 1 for a plain Runnable, which means no retry; an adapter sets its own. Minimum 1.
   */
  readonly attempts?: number;
  /** Backoff before the second call, in milliseconds; it doubles with every further one. @default 500 */
  readonly minDelayMs?: number;
  /** The longest backoff of our own, in milliseconds. A provider's `retryAfterMs` may be longer. @default 30_000 */
  readonly maxDelayMs?: number;
  /** Multiplier from one backoff to the next. @default 2 */
  readonly factor?: number;
  /** Which share of the backoff is random, from 0 (none) to 1 (all of it). @default 0.5 */
  readonly jitter?: number;
  /**
   * The longest `retryAfterMs` to obey, in milliseconds. A longer one fails the item at once, with the
   * wait that was asked for in the error. @default Infinity: any wait is obeyed, within reach of abort
   */
  readonly maxRetryAfterMs?: number;
  /**
   * Whether an error is worth another call.
   * @default the error's own `retryable`, else its HTTP status (408, 409, 429, 5xx), else a network error's code,
   * else true for an error that says nothing
   */
  readonly shouldRetry?: (error: Error) => boolean;
}

/** What one request may hold. Leave out what the backend does not limit. */
export interface RequestLimits {
  /** Inputs in one request. Minimum 1. @default Infinity, when any other limit is given; 100 otherwise */
  readonly maxInputs?: number;
  /** Tokens in one request, counted by `weigh`. */
  readonly maxTokens?: number;
  /** Bytes in one request, counted by `weigh`. */
  readonly maxBytes?: number;
}

/** What one input adds to a request. */
export interface Weight {
  readonly tokens?: number;
  readonly bytes?: number;
}

/** Prices in one currency (US dollars unless an adapter says otherwise), for a million tokens. */
export interface Price {
  readonly perMillionInputTokens?: number;
  readonly perMillionOutputTokens?: number;
}

/** Options that steer how a batch runs. Each holds for one call of `batch`; `settings` gives a Runnable's own defaults. */
export interface RunOptions<Input = any, Output = any> {
  /**
   * Calls in flight at once; for bulk, requests. A whole number from 1, or Infinity.
   * @default 1 for a Runnable that gives nothing but `invoke` or `batch`, 5 for one that gives `invokeMany`
   */
  readonly maxConcurrency?: number;
  /** How failed calls are tried again. `false` switches retries off. */
  readonly retry?: RetryOptions | false;
  /** Milliseconds that one call may take, counted from its dispatch; waiting for a slot or a limit is not counted. */
  readonly timeoutMs?: number;
  /**
   * How long the first input of a request may wait for the request to fill, in milliseconds.
   * @default a request waits until it is full, the source ends, or the source is waiting for us
   */
  readonly maxWaitMs?: number;
  /** Inputs, tokens and bytes in one request; each at most the backend's own. */
  readonly request?: RequestLimits;
  /** The limiter that calls pass. Share one among all Runnables that share a key. */
  readonly limiter?: RateLimiter;
  /** Checks each output; a refusal is a ResultError, a transformation is the new output. */
  readonly schema?: StandardSchema<unknown, Output>;
  /**
   * Sends equal inputs once and gives each its slot. `true` compares strings and other primitives by value and
   * objects by identity; a function returns the key to compare. @default false
   */
  readonly dedupe?: boolean | ((input: Input) => unknown);
}

/** Options of `batch`, `batchAsCompleted` and `batchInOrder`. */
export interface BatchOptions<Input = any, Output = any> extends CallOptions, RunOptions<Input, Output> {
  /** Puts an Error into the slot of an input that failed instead of failing the batch. @default false */
  readonly returnExceptions?: boolean;
  /** Aborted: nothing new starts, calls in flight finish. `signal` is the harder wish. */
  readonly drain?: AbortSignal;
  /** Stops starting calls before this cost would be passed, in the currency of the Runnable's price. */
  readonly maxCost?: number;
  /** Stops starting calls before this many tokens would be passed. */
  readonly maxTokens?: number;
  /** Where the batch stands: at the first outcome, at most every `progressIntervalMs`, and at the end. */
  readonly onProgress?: (progress: Progress) => void;
  /** @default 100 */
  readonly progressIntervalMs?: number;
  /** The batch's last word, whatever happened. */
  readonly onFinish?: (report: FinishReport<Input, Output>) => void;
  /** Each time a call is going to be tried again. */
  readonly onRetry?: (event: RetryEvent) => void;
  /** Each time a call has ended, well or not. */
  readonly onRequest?: (event: RequestEvent) => void;
  /** Time, for tests. @default the machine's clock */
  readonly clock?: Clock;
  /** Random numbers from 0 (included) to 1 (excluded), for tests. @default Math.random */
  readonly random?: () => number;
}

/** How a Runnable wants to be run: what an adapter knows of its backend. `BatchOptions` of a call win over it. */
export interface RunnableSettings<Input = any, Output = any> extends RunOptions<Input, Output> {
  /**
   * What one input adds to a request. Cheap and never too low: UTF-8 bytes are an upper bound of tokens. An input that
   * cannot be sent may be refused here: what is thrown is its failure, and it takes no place in a request.
   */
  readonly weigh?: (input: Input) => Weight;
  /** What the backend charges. */
  readonly price?: Price;
  /** Names of the adapter's own call options, so that a misspelt one can be told from one of these. */
  readonly callOptions?: readonly string[];
  /**
   * Its calls reach no provider: they answer from what is there, such as a cache. As a stage of others they take none of
   * a batch's limits and retries, count as no requests, and no hook hears of them. @default false
   */
  readonly lookUp?: boolean;
  /** The provider's offline jobs for the same inputs and outputs. Loaded when somebody asks for it. */
  readonly jobs?: () => Promise<JobBackend<Input, Output>>;
}

/** What `onFinish` and BatchError give back. */
export type Outcomes<Input, Output> = readonly Completed<Input, Output>[];
