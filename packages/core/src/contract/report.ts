import type { ErrorCode } from "./errors.ts";
import type { Outcomes } from "./outcome.ts";
import type { OutageFacts } from "./rate-limiter.ts";

/** Tokens and other quantities that a provider counts. Only finite numbers are added up. */
export interface Usage {
  /** Tokens of the input, those of a cache included. */
  readonly inputTokens?: number | undefined;
  /** Input tokens among them that the provider read from its cache. @default 0 */
  readonly cachedInputTokens?: number | undefined;
  /** Input tokens among them that it wrote to its cache. @default 0 */
  readonly cacheWriteTokens?: number | undefined;
  /** Input tokens among them that no rate limit counts, such as those that some providers read from their cache. @default 0 */
  readonly uncountedInputTokens?: number | undefined;
  readonly outputTokens?: number | undefined;
  /** @default inputTokens + outputTokens */
  readonly totalTokens?: number | undefined;
  /** Cost of the call, where the provider says so. */
  readonly cost?: number | undefined;
}

/** Prices in one currency (US dollars unless an adapter says otherwise), for a million tokens. */
export interface TokenPrices {
  readonly perMillionInputTokens?: number | undefined;
  readonly perMillionOutputTokens?: number | undefined;
  /** For input that is read from the provider's cache. @default perMillionInputTokens */
  readonly perMillionCachedInputTokens?: number | undefined;
  /** For input that is written to it. @default perMillionInputTokens */
  readonly perMillionCacheWriteTokens?: number | undefined;
}

/** Prices of a model, and those of its cheaper tiers where it has them. */
export interface Price extends TokenPrices {
  /** Prices of calls that may take longer, such as OpenAI's flex processing. */
  readonly flex?: TokenPrices | undefined;
  /** Prices in offline jobs. @default the share of these that the provider asks for */
  readonly batch?: TokenPrices | undefined;
}

/** Tokens and cost so far; every field is a finite number. */
export interface TotalUsage {
  readonly inputTokens: number;
  /** Input tokens among them that were read from the provider's cache. */
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
  readonly cost: number;
}

/** State of a batch while it runs. */
export interface Progress {
  /** Inputs that have an outcome, failed ones included. */
  readonly done: number;
  readonly failed: number;
  /** Inputs in all; undefined while a lazy source has not ended. */
  readonly total: number | undefined;
  /** Calls that have ended, retries included. */
  readonly requests: number;
  readonly retries: number;
  readonly inFlight: number;
  /** True while a request waits for a rate limit. */
  readonly waitingForLimits: boolean;
  /**
   * Outage that is waited for, in milliseconds since the start of the batch: when the provider failed first, and when it
   * is asked next. Undefined while it answers.
   */
  readonly outage: OutageFacts | undefined;
  readonly usage: TotalUsage;
  /** Outcomes a second since the start. */
  readonly itemsPerSecond: number;
  readonly elapsedMs: number;
  /** Milliseconds left at this pace; undefined while the total or the pace is unknown. */
  readonly remainingMs: number | undefined;
}

/** End of a batch. */
export type FinishStatus = "completed" | "failed" | "aborted" | "drained" | "stopped";

/** Last word of a batch. */
export interface FinishReport<Input = unknown, Output = unknown> {
  /**
   * "completed": every input has an outcome. "failed": the first failure ended it (fail-fast), or the source threw.
   * "aborted", "drained": the caller ended it. "stopped": a cap, exhausted quota, or a refused key or model ended it.
   */
  readonly status: FinishStatus;
  readonly fulfilled: number;
  readonly rejected: number;
  /** Inputs that were taken from the source and have no outcome of their own. */
  readonly unfinished: number;
  /** Failed inputs by their error's code. */
  readonly failures: Readonly<Partial<Record<ErrorCode, number>>>;
  readonly requests: number;
  readonly retries: number;
  readonly usage: TotalUsage;
  /** Time in which a request waited for a rate limit. */
  readonly waitedMs: number;
  readonly durationMs: number;
  /** Reason why the batch ended early. */
  readonly reason: unknown;
  /** Every outcome, in input order, from `batch`. Empty for the streaming methods, which have handed them out. */
  readonly outcomes: Outcomes<Input, Output>;
}

/** A call that has ended. */
export interface RequestEvent {
  /** Inputs in the request. */
  readonly inputs: number;
  /** 1 for the first call of these inputs. */
  readonly attempt: number;
  readonly durationMs: number;
  readonly usage: Usage | undefined;
  readonly requestId: string | undefined;
  /** Error that the call threw; undefined where it answered, even with single failed items. */
  readonly error: Error | undefined;
}

/** A call that is going to be tried again. */
export interface RetryEvent {
  readonly error: Error;
  /** Calls made so far for these inputs. */
  readonly attempt: number;
  readonly delayMs: number;
  /** Inputs that are going to be sent again. */
  readonly inputs: number;
}

/** Requests, tokens, cost and time that a batch would take, before anything is sent. */
export interface Estimate {
  readonly inputs: number;
  readonly requests: number;
  /** Undefined where the Runnable does not weigh its inputs. An upper bound where it weighs by bytes. */
  readonly tokens: number | undefined;
  /** Most tokens of the answers among them; undefined where the Runnable does not say them for each input. */
  readonly outputTokens: number | undefined;
  readonly cost: number | undefined;
  /** The shortest time that the known rate limits allow, in milliseconds; undefined where none is known. */
  readonly shortestMs: number | undefined;
}
