import type { RateLimitFacts } from "./rate-limiter.ts";
import type { Usage } from "./report.ts";

/** Facts that a call learned besides its result. An adapter hands them to `options.report`. */
export interface CallReport {
  readonly usage?: Usage | undefined;
  /** Limits of the provider, as the response reports them. */
  readonly limits?: RateLimitFacts | undefined;
  /** The provider's id of the request. */
  readonly requestId?: string | undefined;
}

/**
 * Options that `invoke` and `invokeMany` receive. Pass the same object on to a batch inside of `invoke`: its calls then
 * share the outer batch's cap, its signal, and its report.
 */
export interface CallOptions {
  /** Aborted when the result is no longer wanted. Hand it to the SDK or to `fetch`. */
  readonly signal?: AbortSignal | undefined;
  /** Tells the engine what the call used and learned. Present whenever the engine makes the call. */
  readonly report?: ((report: CallReport) => void) | undefined;
}
