import type { Price } from "../../contract/report.ts";
import type { CallOptions } from "../../contract/call.ts";
import type { BatchOptions, Chain, RetryOptions, RunOptions, RunnableShape, Weight } from "../../contract/runnable.ts";
import { type Clock, systemClock } from "../../contract/clock.ts";
import { CALL_SLOT, INSIDE, STAGES } from "../../contract/marks.ts";
import type { CallHook, Middleware } from "../../contract/middleware.ts";
import { given } from "../../contract/option-checks.ts";
import type { RateLimiter } from "../../contract/rate-limiter.ts";
import type { StandardSchema } from "../../contract/standard-schema.ts";
import { rateLimiter } from "../../rate-limit/local-rate-limiter.ts";
import type { Permit } from "../admission/semaphore.ts";
import { type Calibration, calibrationOf } from "../../rate-limit/calibration.ts";
import { type RequestSize, requestSizeOf } from "../../request-size/request-size.ts";
import { type ChunkLimits, chunkLimits } from "../intake/chunk-size.ts";
import { type CallStrategy, callStrategy } from "./call-strategy.ts";
import { checkOptions, checkSettings } from "./check-options.ts";

/** Concurrency of a Runnable that takes many inputs a call and doesn't state its own. */
const DEFAULT_BULK_CONCURRENCY = 5;

/** Options by which one batch of one Runnable runs: the call's over the Runnable's settings, resolved once. */
export interface ResolvedOptions<Input, Output> {
  readonly strategy: CallStrategy<Input, Output>;
  /** Stages of a Runnable that is made of others. */
  readonly chain: Chain | undefined;
  /** Calls of this Runnable in flight at once. */
  readonly maxConcurrency: number;
  /** The same, where the caller of this batch has stated it. */
  readonly statedConcurrency: number | undefined;
  /** Calls in flight at once, those of nested batches included. */
  readonly permits: number;
  readonly limits: ChunkLimits;
  readonly retry: ResolvedRetry | undefined;
  /** The longest wait to obey, also where nothing is retried: a longer one makes no other call wait. */
  readonly maxRetryAfterMs: number;
  /** True where a failure is judged by what other calls say, and an outage is waited for. */
  readonly isPatient: boolean;
  readonly timeoutMs: number | undefined;
  readonly maxWaitMs: number | undefined;
  /** Given or, for a batch that retries, one of its own: a 429's pause holds for all of its calls. */
  readonly limiter: RateLimiter | undefined;
  /** Undefined where requests are as large as they may be. */
  readonly size: RequestSize | undefined;
  readonly schema: StandardSchema<unknown, Output> | undefined;
  readonly keyOf: ((input: Input) => unknown) | undefined;
  /** Middleware around each call, the last one outermost; undefined where there is none. */
  readonly callHooks: readonly CallHook[] | undefined;
  readonly weigh: ((input: Input) => Weight) | undefined;
  readonly calibration: Calibration | undefined;
  readonly price: Price | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  /** The adapter's own call options, handed through. */
  readonly callOptions: CallOptions;
  /** True where its calls reach no provider. */
  readonly lookUp: boolean;
  /** Permit of the call inside of which this batch runs. */
  readonly parent: Permit | undefined;
}

/** Retry options with every default filled in. */
export type ResolvedRetry = { readonly [Name in Exclude<keyof RetryOptions, "shouldRetry">]: number } & RetryOptions;

/** Marks of a call inside of which a batch runs. */
interface Marks {
  readonly [CALL_SLOT]?: Permit;
  readonly [INSIDE]?: unknown;
}

/** Retry options where none are given. */
const RETRY_DEFAULTS: ResolvedRetry = {
  attempts: 1,
  minDelayMs: 500,
  maxDelayMs: 30_000,
  factor: 2,
  jitter: 0.5,
  maxRetryAfterMs: 600_000,
  outageMs: 900_000,
};

/**
 * Resolves the options of one batch.
 *
 * @param count of inputs, where it is known
 * @throws ArgumentError for an option that can't be worked with.
 */
export function resolveOptions<Input, Output>(
  runnable: RunnableShape<Input, Output>,
  options: BatchOptions<Input, Output>,
  mayOverride: boolean,
  count: number | undefined,
  outside: readonly Middleware[] = [],
): ResolvedOptions<Input, Output> {
  const settings = checkSettings(runnable.settings ?? {});
  const { [CALL_SLOT]: parent, [INSIDE]: inside } = (options ?? {}) as Marks;
  const callOptions = checkOptions(options, settings.callOptions, (parent ?? inside) !== undefined);
  const stated = options.maxConcurrency ?? settings.maxConcurrency;
  const strategy = callStrategy(runnable, mayOverride, stated);
  const clock = options.clock ?? systemClock;
  const resolved = resolveRetry(options.retry ?? settings.retry, strategy, count);
  const limiter = options.limiter ?? settings.limiter ?? (resolved.retry && rateLimiter({ clock }));
  return {
    strategy,
    chain: (runnable as { readonly [STAGES]?: Chain })[STAGES],
    ...resolveConcurrency(strategy, stated),
    statedConcurrency: options.maxConcurrency,
    limits: chunkLimits(strategy, settings.request, options.request, count !== undefined),
    ...resolved,
    timeoutMs: options.timeoutMs ?? settings.timeoutMs,
    maxWaitMs: options.maxWaitMs ?? settings.maxWaitMs,
    limiter,
    size: (options.request?.size ?? settings.request?.size) === "learned" ? sizeFor(strategy, limiter) : undefined,
    schema: options.schema ?? settings.schema,
    keyOf: keyOf(options.dedupe ?? settings.dedupe),
    callHooks: settings.lookUp ? undefined : callHooks([...(settings.middleware ?? []), ...outside]),
    weigh: settings.weigh,
    calibration: settings.weigh && calibrationOf(settings.weigh),
    price: settings.price,
    clock,
    random: options.random ?? Math.random,
    callOptions,
    lookUp: settings.lookUp === true,
    parent,
  };
}

function resolveConcurrency(
  strategy: CallStrategy<never, unknown>,
  stated: number | undefined,
): Pick<ResolvedOptions<never, unknown>, "maxConcurrency" | "permits"> {
  // An override does its own scheduling: it is called one at a time, and decides how many calls it makes in there.
  if (strategy.kind === "many" && strategy.isOverride) return { maxConcurrency: 1, permits: stated ?? Infinity };
  const permits = stated ?? (strategy.kind === "many" ? DEFAULT_BULK_CONCURRENCY : 1);
  return { maxConcurrency: permits, permits };
}

/** Size that is learned: not for what takes one input a call, nor for what does its own packing. */
function sizeFor(strategy: CallStrategy<never, unknown>, limiter: RateLimiter | undefined): RequestSize | undefined {
  return limiter === undefined || strategy.kind === "one" || strategy.isOverride ? undefined : requestSizeOf(limiter);
}

function callHooks(middleware: readonly Middleware[]): readonly CallHook[] | undefined {
  const hooks = middleware.flatMap((each) => each.call ?? []);
  return hooks.length === 0 ? undefined : hooks;
}

function resolveRetry(
  asked: RetryOptions | false | undefined,
  strategy: CallStrategy<never, unknown>,
  count: number | undefined,
): Pick<ResolvedOptions<never, unknown>, "retry" | "maxRetryAfterMs" | "isPatient"> {
  const retry = asked ? { ...RETRY_DEFAULTS, ...given(asked) } : RETRY_DEFAULTS;
  const { attempts, maxRetryAfterMs } = retry;
  if (attempts <= 1) return { retry: undefined, maxRetryAfterMs, isPatient: false };
  return { retry, maxRetryAfterMs, isPatient: isPatient(retry, strategy, count) };
}

/** An override judges its own calls. */
function isPatient(
  { outageMs }: ResolvedRetry,
  strategy: CallStrategy<never, unknown>,
  count: number | undefined,
): boolean {
  return outageMs > 0 && count !== 1 && !(strategy.kind === "many" && strategy.isOverride);
}

function keyOf<Input>(dedupe: RunOptions<Input>["dedupe"]): ((input: Input) => unknown) | undefined {
  return dedupe === true ? (input) => input : dedupe || undefined;
}
