/**
 * One drawn world: what is asked of the engine, and how everything around it behaves. Plain data, so that a failing
 * one is printed whole and can be replayed. Times are milliseconds of the fake clock.
 */
export interface Schedule {
  /** Method that the Runnable gives: `invoke`, `invokeMany`, or an overridden `batch`. */
  readonly hook: "invoke" | "invokeMany" | "batch";
  /** Way in which the outcomes are read: `batch` with or without `returnExceptions`, or one of the iterators. */
  readonly reading: Reading;
  /** Inputs in all, 0 to 500. */
  readonly count: number;
  /** Different inputs among them: slot s holds the input s % distinct. At most `count`. */
  readonly distinct: number;
  /** Behavior of single inputs; any that is not listed succeeds. A key is an input, taken modulo `distinct`. */
  readonly behaviors: readonly (readonly [key: number, behavior: Behavior])[];
  /** Time that calls take, in turn. Whole milliseconds; 0 takes no timer. */
  readonly latencies: readonly number[];
  /** Tokens of the inputs, in turn. */
  readonly tokens: readonly number[];
  readonly source: SourcePlan;
  readonly consumer: ConsumerPlan;
  /** True where calls go on after their signal is aborted, as a careless function would. */
  readonly careless: boolean;
  /** True where `invokeMany` empties the array that it was handed. */
  readonly greedy: boolean;
  /** True where the Runnable weighs its inputs and has a price. */
  readonly weighed: boolean;
  readonly options: DrawnOptions;
  /** Time at which the caller aborts; "before" is before the call. A quarter past a millisecond, when nothing else happens. */
  readonly abortAt: number | "before" | undefined;
  /** Time at which the caller drains. Three quarters past a millisecond. */
  readonly drainAt: number | "before" | undefined;
  /** True where the reasons of abort and drain are Errors. */
  readonly errorReasons: boolean;
  /** Seed of the engine's random numbers. */
  readonly seed: number;
}

type Reading = "batch" | "returnExceptions" | "asCompleted" | "inOrder";

/** Behavior of one input in the calls that hold it. `times` is the number of its calls that are hit, from the first. */
export type Behavior =
  | { readonly kind: "flaky"; readonly times: number; readonly failure: RetryableFailure; readonly scope: Scope }
  | { readonly kind: "bad input"; readonly failure: PermanentFailure; readonly scope: Scope; readonly named: boolean }
  | { readonly kind: "stop"; readonly code: "authentication" | "quota_exceeded" }
  | { readonly kind: "hang"; readonly times: number }
  | { readonly kind: "malformed"; readonly shape: "short" | "long" | "nothing" | "object" }
  | { readonly kind: "refused" }
  | { readonly kind: "falsy"; readonly value: undefined | null | 0 | "" | false };

/** "slot" fails the input's own slot of an `invokeMany` result; "call" throws; "at once" throws before a promise is there. */
type Scope = "call" | "at once" | "slot";

/** "plain" is an Error that says nothing of itself, "thrown value" is no Error at all. */
export type RetryableFailure = "busy" | "limited" | "limited with a wait" | "plain" | "thrown value";

export type PermanentFailure = "input" | "provider" | "plain" | "too large";

/** Source of the inputs. */
export interface SourcePlan {
  readonly kind: "array" | "iterator" | "async iterator";
  /** Milliseconds that an async iterator takes for each input, in turn; 0 takes no timer. */
  readonly delays: readonly number[];
  /** Inputs after which an iterator throws instead of ending. */
  readonly failsAt: number | undefined;
  /** Inputs after which an async iterator never answers again. */
  readonly stallsAt: number | undefined;
}

/** Consumer of `batchAsCompleted` and `batchInOrder`. */
export interface ConsumerPlan {
  /** Milliseconds that it takes with each outcome, in turn. */
  readonly delays: readonly number[];
  /** Outcomes after which it breaks. */
  readonly breaksAt: number | undefined;
}

/** Options that are drawn; those left undefined are left out. */
export interface DrawnOptions {
  /** Place of the limits: in the Runnable's settings or in the call's options. */
  readonly place: "settings" | "call";
  readonly maxConcurrency: number | undefined;
  readonly retry: DrawnRetry | false | undefined;
  /** Half past a millisecond, so that it never coincides with the end of a call. */
  readonly timeoutMs: number | undefined;
  readonly maxWaitMs: number | undefined;
  readonly request: DrawnRequest | undefined;
  /** A second set of request limits, in the other place than the first. */
  readonly requestElsewhere: DrawnRequest | undefined;
  readonly limiter: DrawnLimits | undefined;
  readonly dedupe: "value" | "key" | undefined;
  readonly schema: "sync" | "async" | undefined;
  readonly maxTokens: number | undefined;
  readonly maxCost: number | undefined;
  /** True where `onProgress`, `onRetry` and `onRequest` are given. `onFinish` always is. */
  readonly hooks: boolean;
}

export interface DrawnRetry {
  readonly attempts: number;
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  readonly factor: number;
  readonly jitter: number;
  readonly maxRetryAfterMs: number | undefined;
  readonly outageMs: number;
}

export interface DrawnRequest {
  readonly maxInputs: number | undefined;
  readonly maxTokens: number | undefined;
  readonly maxBytes: number | undefined;
}

export interface DrawnLimits {
  readonly requestsPerMinute: number | undefined;
  readonly tokensPerMinute: number | undefined;
  readonly inputsPerMinute: number | undefined;
}

/** The wait that "limited with a wait" asks for. */
export const RETRY_AFTER_MS = 777;

/** The input of a slot. */
export function keyOf(schedule: Schedule, slot: number): number {
  return slot % Math.max(1, schedule.distinct);
}

/** Tokens of an input; its bytes are twice as many. */
export function tokensOf(schedule: Schedule, key: number): number {
  return schedule.tokens[key % schedule.tokens.length] ?? 0;
}

/** Inputs that the source gives before it ends, fails or stalls. */
export function givenBy(schedule: Schedule): number {
  const { failsAt, stallsAt } = schedule.source;
  return Math.min(schedule.count, failsAt ?? Infinity, stallsAt ?? Infinity);
}
