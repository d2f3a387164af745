import type { CallOptions } from "./call.ts";
import type { Clock } from "./clock.ts";
import type { JobBackend } from "./job-backend.ts";
import type { Middleware } from "./middleware.ts";
import type { RateLimiter } from "./rate-limiter.ts";
import type { FinishReport, Price, Progress, RequestEvent, RetryEvent } from "./report.ts";
import type { StandardSchema } from "./standard-schema.ts";

/** Anything that turns one input into one output: a Runnable, or an object shaped like one. */
export interface RunnableLike<in Input, out Output> {
  readonly invoke: (input: Input, options?: CallOptions) => Promise<Output>;
}

/** Shape of a Runnable: the part of the class that the engine calls. Its methods are documented at `Runnable`. */
export interface RunnableShape<Input, Output> {
  readonly settings?: RunnableSettings<Input, Output>;
  invoke(input: Input, options?: CallOptions): Promise<Output>;
  invokeMany?(inputs: readonly Input[], options: CallOptions): Promise<readonly (Output | Error)[]>;
  batch(inputs: Inputs<Input>, options?: BatchOptions<Input, Output>): Promise<(Output | Error)[]>;
}

/** Settings of a Runnable: the limits, weights and prices that an adapter knows of its backend. Options of a call win over them. */
export interface RunnableSettings<Input = any, Output = any> extends RunOptions<Input, Output> {
  /**
   * Weight of one input. Cheap and never too low: UTF-8 bytes are an upper bound of tokens. An input that cannot be sent
   * may be refused here: the error that is thrown is its failure, and it takes no place in a request.
   */
  readonly weigh?: ((input: Input) => Weight) | undefined;
  /** Prices of the backend. */
  readonly price?: Price | undefined;
  /** Names of the adapter's own call options, so that a misspelled one is noticed. */
  readonly callOptions?: readonly string[] | undefined;
  /**
   * Marks calls that reach no provider: they answer from what is there, such as a cache. As a stage of others they take
   * none of a batch's limits and retries, count as no requests, and no hook hears of them. @default false
   */
  readonly lookUp?: boolean | undefined;
  /** Middleware around its batches and calls, the last one outermost. Of a lookUp, no call is seen. */
  readonly middleware?: readonly Middleware[] | undefined;
  /** The provider's offline jobs for the same inputs and outputs. Loaded when it is asked for. */
  readonly jobs?: (() => Promise<JobBackend<Input, Output>>) | undefined;
}

/** Options that steer how a batch runs. Each holds for one call of `batch`; `settings` gives a Runnable's own defaults. */
export interface RunOptions<Input = any, Output = any> {
  /**
   * Calls in flight at once; for bulk, requests. A whole number from 1, or Infinity.
   * @default 1 for a Runnable that gives nothing but `invoke` or `batch`, 5 for one that gives `invokeMany`
   */
  readonly maxConcurrency?: number | undefined;
  /** Retries of failed calls. `false` switches them off. */
  readonly retry?: RetryOptions | false | undefined;
  /** Milliseconds that one call may take, counted from its dispatch; waiting for a permit or a limit is not counted. */
  readonly timeoutMs?: number | undefined;
  /**
   * Milliseconds that the first input of a request may wait for the request to fill.
   * @default a request waits until it is full, the source ends, or the source waits for outcomes
   */
  readonly maxWaitMs?: number | undefined;
  /** Inputs, tokens and bytes in one request; each at most the backend's own. */
  readonly request?: RequestLimits | undefined;
  /** The limiter that calls pass. Share one among all Runnables that share a key. */
  readonly limiter?: RateLimiter | undefined;
  /** Checks each output; a refusal is a ResultError, a transformation is the new output. */
  readonly schema?: StandardSchema<unknown, Output> | undefined;
  /**
   * Sends equal inputs once and gives each its slot. `true` compares strings and other primitives by value and
   * objects by identity; a function returns the key to compare. @default false
   */
  readonly dedupe?: boolean | ((input: Input) => unknown) | undefined;
}

/** Retries of a failed call: how many, and how patient. Those of a batch take the place of the Runnable's own, all of them. */
export interface RetryOptions {
  /**
   * Calls in all, the first included. In a batch, more where over a tenth of first calls fails: twice as many at a third,
   * so that as few inputs are lost by chance.
   * @default 1 for a plain Runnable, which means no retry; an adapter sets its own. Minimum 1.
   */
  readonly attempts?: number | undefined;
  /**
   * Backoff before the second call, in milliseconds; it doubles with every further one. An eighth of it at the end of a
   * batch in which other calls have passed, since nothing else is left to do. @default 500
   */
  readonly minDelayMs?: number | undefined;
  /** The longest backoff of our own, in milliseconds. A provider's `retryAfterMs` may be longer. @default 30_000 */
  readonly maxDelayMs?: number | undefined;
  /** Multiplier from one backoff to the next. @default 2 */
  readonly factor?: number | undefined;
  /** Share of the backoff that is random, from 0 (none) to 1 (all of it). @default 0.5 */
  readonly jitter?: number | undefined;
  /**
   * The longest `retryAfterMs` to obey, in milliseconds. A longer one fails the item at once, with the wait that was
   * asked for in the error, and makes no other item wait; three in a row end the run. @default 600_000
   */
  readonly maxRetryAfterMs?: number | undefined;
  /**
   * Milliseconds for which a provider that gives no answer, or refuses every call by a rate limit, is waited for; then
   * the run ends with one error. Meanwhile no failure uses up a try, and a call asks now and then. At most two minutes
   * where nothing ever got through. Waits that the provider asks for come on top, up to as long again. For `invoke`, a
   * batch of one input, and the last two of a batch, `attempts` count. 0: they count everywhere, and no failure is
   * judged by what other calls say. @default 900_000
   */
  readonly outageMs?: number | undefined;
  /**
   * Decides whether an error is worth another call.
   * @default the error's own `retryable`, else its HTTP status (408, 409, 429, 5xx), else a network error's code,
   * else true for an error that says nothing
   */
  readonly shouldRetry?: ((error: Error) => boolean) | undefined;
}

/** Limits of one request. Leave out what the backend does not limit. */
export interface RequestLimits {
  /** Inputs in one request. Minimum 1. @default Infinity, when any other limit is given; 100 otherwise */
  readonly maxInputs?: number | undefined;
  /** Tokens in one request, counted by `weigh`. */
  readonly maxTokens?: number | undefined;
  /** Bytes in one request, counted by `weigh`. */
  readonly maxBytes?: number | undefined;
  /**
   * Size of requests below these limits: "full", always as large as they allow, or "learned", as large as answers stay
   * quick. Learned only where a limiter is shared by the calls. @default "full"; adapters of remote providers set "learned"
   */
  readonly size?: "full" | "learned" | undefined;
}

/** Weight that one input adds to a request. */
export interface Weight {
  /** Tokens of the input. An upper bound will do: what answers report corrects it. */
  readonly tokens?: number | undefined;
  /** Most tokens that its answer may have, reserved besides those: 0 where nothing is generated, left out where they are unknown. */
  readonly outputTokens?: number | undefined;
  readonly bytes?: number | undefined;
}

/** Inputs that a batch reads: an array, any iterable, or a stream. */
export type Inputs<Input> = Iterable<Input> | AsyncIterable<Input>;

/** Options of `batch`, `batchAsCompleted` and `batchInOrder`. */
export interface BatchOptions<Input = any, Output = any> extends CallOptions, RunOptions<Input, Output> {
  /** Puts an Error into the slot of an input that failed instead of failing the batch. @default false */
  readonly returnExceptions?: boolean | undefined;
  /** Aborted: nothing new starts, calls in flight finish. `signal` stops harder. */
  readonly drain?: AbortSignal | undefined;
  /** Stops starting calls before this cost would be passed, in the currency of the Runnable's price. */
  readonly maxCost?: number | undefined;
  /** Stops starting calls before this many tokens would be passed. */
  readonly maxTokens?: number | undefined;
  /** Told where the batch stands: at the first outcome, at most every `progressIntervalMs`, and at the end. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** @default 100 */
  readonly progressIntervalMs?: number | undefined;
  /** Told the batch's last word, whatever happened. */
  readonly onFinish?: OnFinish<Input, Output> | undefined;
  /** Told each time that a call is going to be tried again. */
  readonly onRetry?: ((event: RetryEvent) => void) | undefined;
  /** Told each time that a call has ended, well or not. */
  readonly onRequest?: ((event: RequestEvent) => void) | undefined;
  /** Time, for tests. @default the machine's clock */
  readonly clock?: Clock | undefined;
  /** Random numbers from 0 (included) to 1 (excluded), for tests. @default Math.random */
  readonly random?: (() => number) | undefined;
}

/** A function. Written as a method, whose parameters vary both ways: a Runnable whose outputs have more fields fits one with fewer. */
type OnFinish<Input, Output> = { call(report: FinishReport<Input, Output>): void }["call"];

/** Stages in a row, each of which keeps its own strategy. */
export interface Chain {
  readonly stages: readonly ChainStage[];
  /** Outcomes that a stage passes on to the next one: those that succeeded (a pipe), or those that failed (fallbacks). */
  readonly route: "fulfilled" | "rejected";
}

/** Stage of a chain. */
export interface ChainStage {
  readonly runnable: RunnableShape<any, any>;
  /** Middleware around its calls, outside of its own. */
  readonly middleware: readonly Middleware[];
}
