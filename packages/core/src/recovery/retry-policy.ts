import type { Chunk } from "../engine/intake/chunk.ts";
import type { ResolvedRetry } from "../engine/resolve/resolve-options.ts";
import { blamesInput, type ErrorFacts, factsOf, isFatal, isRetryable } from "../contract/error-facts.ts";

/** Milliseconds after which a run ends in which nothing ever got through, and a failure that keeps others off uses up tries. */
export const LONG_MS = 120_000;
/** Tries after the first one for an answer of the wrong shape, and for many inputs at once where others are answered or a limit refuses them. */
export const RETRIES = 2;

/** Tells whether inputs that failed with this error get another call as they are. */
export function mayRetry(chunk: Chunk<unknown>, error: Error, retry: ResolvedRetry | undefined): boolean {
  if (retry === undefined || chunk.retries >= retry.attempts - 1) return false;
  return isWorthRetrying(error, factsOf(error), retry);
}

/** Tells whether an error is worth another call, however many there were. */
export function isWorthRetrying(error: Error, facts: ErrorFacts, retry: ResolvedRetry): boolean {
  if (isFatal(facts) || facts.code === "request_too_large" || isTooLong(facts, retry)) return false;
  return retry.shouldRetry === undefined ? isRetryable(facts) : retry.shouldRetry(error);
}

/** Share of calls that fail by chance for which attempts are meant. */
const USUAL_SHARE = 0.1;

/**
 * Attempts that lose an input by chance as rarely as `attempts` do where a tenth of all calls fails: more, where more fails.
 *
 * @param failing share of the calls that fail
 */
export function attemptsWhere(failing: number, attempts: number): number {
  return failing <= USUAL_SHARE ? attempts : (attempts * Math.log(USUAL_SHARE)) / Math.log(failing);
}

/** Tells whether an error asks for a longer wait than is obeyed. */
export function isTooLong(
  { retryAfterMs = 0 }: ErrorFacts,
  { maxRetryAfterMs }: Pick<ResolvedRetry, "maxRetryAfterMs">,
): boolean {
  return retryAfterMs > maxRetryAfterMs;
}

/** Tells whether an error says of itself, or by its status, that the same call may succeed later. */
function isPassing(facts: ErrorFacts): boolean {
  return facts.retryable === true || (facts.status !== undefined && isRetryable(facts));
}

/**
 * Tells whether an error is the provider's own failure, whatever was sent: 5xx, no connection, no answer that can be
 * read. That many inputs take too long is not.
 */
export function isUnavailable(facts: ErrorFacts, size: number): boolean {
  if (facts.code === "rate_limited" || facts.code === "invalid_result") return false;
  if (facts.code === "timeout" && size > 1) return false;
  return isPassing(facts);
}

/**
 * Tells whether a chunk is sent in parts where other chunks pass: the provider fails at it, answers it wrongly, or finds
 * it too heavy or too long.
 */
export function isWorthHalving(facts: ErrorFacts): boolean {
  return isUnavailable(facts, 1) || facts.code === "rate_limited" || facts.code === "invalid_result";
}

/**
 * Tells whether a chunk that failed with this error is bisected. Not where the error is known to be the provider's state
 * and not the inputs'. One that says nothing may be an outage: that bisecting ends when about 2 log2(k) calls in a row
 * brought no success.
 *
 * @param isHopeful whether there was a success not long ago
 */
export function isWorthSplitting(facts: ErrorFacts, isHopeful: boolean): boolean {
  if (facts.code === "invalid_result" || (facts.code === "invalid_argument" && facts.status === undefined))
    return false;
  if (facts.code === "request_too_large") return true;
  if (isPassing(facts)) return false;
  return blamesInput(facts) || isHopeful;
}

/** Tells whether an error is about single inputs: not about all of them together, and not an outage. */
export function blamesOne(facts: ErrorFacts): boolean {
  return blamesInput(facts) && facts.code !== "request_too_large";
}

/** Share of the first backoff that is waited at the end of a batch. */
const LAST_SHARE = 1 / 8;

/**
 * Milliseconds to wait before the next call: a backoff of our own, or a longer wait that an error asks for.
 *
 * @param isLast true where other calls pass and nothing else is left to send: all would wait for this one
 */
export function backoffMs(
  chunk: Chunk<unknown>,
  errors: readonly Error[],
  retry: ResolvedRetry,
  random: () => number,
  isLast: boolean = false,
): number {
  const share = isLast && chunk.retries === 0 ? LAST_SHARE : 1;
  const full = Math.min(retry.maxDelayMs, share * retry.minDelayMs * retry.factor ** chunk.retries);
  const own = full * (1 - retry.jitter * random());
  // Items that failed apart go out together again: after the longest wait that any of them was asked for.
  const asked = errors.map((each) => factsOf(each).retryAfterMs).filter((ms) => ms !== undefined);
  return Math.max(own, ...asked);
}
