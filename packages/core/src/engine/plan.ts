import { type Clock, systemClock } from "../clock.ts";
import { rateLimiter } from "../limits/local-rate-limiter.ts";
import type { RateLimiter } from "../limits/rate-limiter.ts";
import type { BatchOptions, CallOptions, Price, RetryOptions, RunnableSettings, Weight } from "../options.ts";
import type { Runnable } from "../runnable.ts";
import type { StandardSchema } from "../standard-schema.ts";
import { type Calibration, calibrationOf } from "./calibration.ts";
import type { PackLimits } from "./pack.ts";
import type { Permit } from "./permits.ts";
import { INSIDE, type Strategy, strategyOf } from "./strategy.ts";
import { checkOptions, checkSettings } from "./check-options.ts";

/** In options: the permit on which the call runs that received them. A nested batch runs its first call on it. */
export const PERMIT: unique symbol = Symbol.for("batchwise.permit") as never;

/** Concurrency of a Runnable that takes many inputs a call and doesn't say otherwise. */
const DEFAULT_BULK_CONCURRENCY = 5;
/** Inputs in a request where nothing limits it. */
const DEFAULT_MAX_INPUTS = 100;

/** Everything that one batch of one Runnable runs by: the call's options over the Runnable's settings, resolved once. */
export interface Plan<Input, Output> {
  readonly strategy: Strategy<Input, Output>;
  /** Calls of this Runnable in flight at once. */
  readonly maxConcurrency: number;
  /** The same, where the caller of this batch has said so. */
  readonly statedConcurrency: number | undefined;
  /** Calls in flight at once, those of nested batches included. */
  readonly permits: number;
  readonly limits: PackLimits;
  readonly retry: ResolvedRetry | undefined;
  readonly timeoutMs: number | undefined;
  readonly maxWaitMs: number | undefined;
  readonly limiter: RateLimiter | undefined;
  readonly schema: StandardSchema<unknown, Output> | undefined;
  readonly keyOf: ((input: Input) => unknown) | undefined;
  readonly weigh: ((input: Input) => Weight) | undefined;
  readonly calibration: Calibration | undefined;
  readonly price: Price | undefined;
  readonly maxTokens: number;
  readonly maxCost: number;
  readonly clock: Clock;
  readonly random: () => number;
  /** The adapter's own call options, handed through. */
  readonly callOptions: CallOptions;
  /** Whether its calls reach no provider. */
  readonly lookUp: boolean;
  /** The permit of the call inside of which this batch runs. */
  readonly parent: Permit | undefined;
}

/** Retry options with every default filled in. */
export type ResolvedRetry = Required<Omit<RetryOptions, "shouldRetry">> & Pick<RetryOptions, "shouldRetry">;

const RETRY_DEFAULTS: ResolvedRetry = {
  attempts: 1,
  minDelayMs: 500,
  maxDelayMs: 30_000,
  factor: 2,
  jitter: 0.5,
  maxRetryAfterMs: Infinity,
};

/** @throws ArgumentError for an option that can't be worked with. */
export function makePlan<Input, Output>(
  runnable: Runnable<Input, Output>,
  options: BatchOptions<Input, Output>,
  mayOverride: boolean,
  finite: boolean,
): Plan<Input, Output> {
  const settings: RunnableSettings<Input, Output> = runnable.settings ?? {};
  checkSettings(settings);
  const parent = (options as { [PERMIT]?: Permit } | null)?.[PERMIT];
  const inside = (options as { [INSIDE]?: unknown } | null)?.[INSIDE];
  const callOptions = checkOptions(options, settings.callOptions, parent !== undefined || inside !== undefined);
  const asked = options.maxConcurrency ?? settings.maxConcurrency;
  const strategy = strategyOf(runnable, mayOverride, asked);
  const override = strategy.kind === "many" && strategy.override;
  const usual = strategy.kind === "many" ? DEFAULT_BULK_CONCURRENCY : 1;
  const clock = options.clock ?? systemClock;
  const retry = retryOf(options.retry ?? settings.retry);
  return {
    strategy,
    // An override does its own scheduling: it is called one at a time, and decides how many calls it makes in there.
    maxConcurrency: override ? 1 : (asked ?? usual),
    statedConcurrency: options.maxConcurrency,
    permits: asked ?? (override ? Infinity : usual),
    limits: strategy.kind === "one" ? ONE_INPUT : override && finite ? WHOLE : limitsOf(settings, options),
    retry,
    timeoutMs: options.timeoutMs ?? settings.timeoutMs,
    maxWaitMs: options.maxWaitMs ?? settings.maxWaitMs,
    // Without a limiter a batch that retries still needs what one gives: a 429's pause holds for everyone.
    limiter: options.limiter ?? settings.limiter ?? (retry && rateLimiter({ clock })),
    schema: options.schema ?? settings.schema,
    keyOf: keyOf(options.dedupe ?? settings.dedupe),
    weigh: settings.weigh,
    calibration: settings.weigh && calibrationOf(settings.weigh),
    price: settings.price,
    maxTokens: options.maxTokens ?? Infinity,
    maxCost: options.maxCost ?? Infinity,
    clock,
    random: options.random ?? Math.random,
    callOptions,
    lookUp: settings.lookUp === true,
    parent,
  };
}

const ONE_INPUT: PackLimits = { maxInputs: 1, maxTokens: Infinity, maxBytes: Infinity };
const WHOLE: PackLimits = { maxInputs: Infinity, maxTokens: Infinity, maxBytes: Infinity };

function limitsOf(settings: RunnableSettings, options: BatchOptions): PackLimits {
  const own = settings.request;
  const asked = options.request;
  const least = (key: keyof PackLimits): number => Math.min(own?.[key] ?? Infinity, asked?.[key] ?? Infinity);
  const limits = { maxInputs: least("maxInputs"), maxTokens: least("maxTokens"), maxBytes: least("maxBytes") };
  const unlimited = Object.values(limits).every((limit) => limit === Infinity);
  const stated = own?.maxInputs !== undefined || asked?.maxInputs !== undefined;
  return unlimited && !stated ? { ...limits, maxInputs: DEFAULT_MAX_INPUTS } : limits;
}

function retryOf(retry: RetryOptions | false | undefined): ResolvedRetry | undefined {
  if (retry === undefined || retry === false || (retry.attempts ?? 1) <= 1) return undefined;
  return { ...RETRY_DEFAULTS, ...defined(retry) };
}

function keyOf<Input>(
  dedupe: boolean | ((input: Input) => unknown) | undefined,
): ((input: Input) => unknown) | undefined {
  if (typeof dedupe === "function") return dedupe;
  return dedupe === true ? (input) => input : undefined;
}

function defined<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}
