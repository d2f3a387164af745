import type { Chunk } from "../intake/chunk.ts";
import type { ResolvedRetry } from "../resolve/resolve-options.ts";
import { blamesInput, type ErrorFacts, factsOf, isFatal, isRetryable } from "../../contract/error-facts.ts";

/** Tells whether inputs that failed with this error get another call as they are. */
export function mayRetry(chunk: Chunk<unknown>, error: Error, retry: ResolvedRetry | undefined): boolean {
  if (retry === undefined || chunk.retries >= retry.attempts - 1) return false;
  const facts = factsOf(error);
  if (isFatal(facts) || facts.code === "request_too_large" || (facts.retryAfterMs ?? 0) > retry.maxRetryAfterMs)
    return false;
  return retry.shouldRetry === undefined ? isRetryable(facts) : retry.shouldRetry(error);
}

/**
 * Tells whether a chunk that failed with this error is bisected. Not where the error is known to be the provider's state
 * and not the inputs'. One that says nothing may be an outage: that bisecting ends when about 2 log2(k) calls in a row
 * brought no success.
 *
 * @param isHopeful whether there was a success not long ago
 */
export function isWorthSplitting(facts: ErrorFacts, isHopeful: boolean): boolean {
  if (isFatal(facts) || facts.code === "invalid_result" || facts.code === "invalid_argument") return false;
  if (facts.code === "request_too_large") return true;
  if (facts.retryable === true || (facts.status !== undefined && isRetryable(facts))) return false;
  return blamesInput(facts) || isHopeful;
}

/** Tells whether an error is about single inputs: not about all of them together, and not an outage. */
export function blamesOne(facts: ErrorFacts): boolean {
  return blamesInput(facts) && facts.code !== "request_too_large";
}

/** Milliseconds to wait before the next call: the longest wait that an error asks for, else a backoff of our own. */
export function backoffMs(
  chunk: Chunk<unknown>,
  errors: readonly Error[],
  retry: ResolvedRetry,
  random: () => number,
): number {
  const full = Math.min(retry.maxDelayMs, retry.minDelayMs * retry.factor ** chunk.retries);
  const own = full * (1 - retry.jitter * random());
  // Items that failed apart go out together again: after the longest wait that any of them was asked for.
  const asked = errors.map((each) => factsOf(each).retryAfterMs).filter((ms) => ms !== undefined);
  return asked.length === 0 ? own : Math.max(...asked);
}
