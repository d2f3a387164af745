import { type Clock, ProviderError, sleep, toError } from "@batchwise/core";
import pRetry from "p-retry";
import { isRetryable } from "./errors.ts";

/** Clock, randomness and signal of the waits between tries. */
export interface RetryContext {
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** Longest wait to obey that a provider asks for, in milliseconds. @default 600_000 */
  readonly maxRetryAfterMs?: number;
  /** Tries of one call. @default 12: about a quarter of an hour with the waits between them */
  readonly tries?: number;
  /**
   * Tells whether another try may help after so many.
   * @default it does where the error says so, and asks for no longer wait than is obeyed
   */
  readonly isWorthAnother?: (error: Error, tries: number) => boolean;
}

/** Context of calls that say for themselves what is worth another try. */
export type Patience = RetryContext & Required<Pick<RetryContext, "isWorthAnother">>;

const TRIES = 12;
const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 300_000;
/** Share of a wait that is random, so that many processes do not call at once. */
const JITTER = 0.2;
/** Longest wait to obey that a provider asks for. */
export const MAX_RETRY_AFTER_MS = 600_000;
/** Refusals of a call about work that is paid, before they are believed: two minutes with the waits between them. */
export const REFUSALS = 8;

/**
 * Makes a call to the provider that may be repeated, until it is answered.
 *
 * @param before runs before another try; a result of it is the call's
 * @throws the error of the last try, one that no further try helps at once, or the signal's reason
 */
export function persist<T>(
  call: () => Promise<T>,
  context: RetryContext,
  before: () => Promise<T | undefined> = nothing,
): Promise<T> {
  const { clock, random, signal, tries = TRIES, maxRetryAfterMs = MAX_RETRY_AFTER_MS } = context;
  const { isWorthAnother = (error) => isRetryable(error) && askedMs(error) <= maxRetryAfterMs } = context;
  let found: T | undefined;
  return pRetry(
    async () => {
      signal.throwIfAborted();
      try {
        return found ?? (await call());
      } catch (thrown) {
        // p-retry would put any other value than an Error into a message.
        throw toError(thrown);
      }
    },
    {
      retries: tries - 1,
      minTimeout: 0,
      onFailedAttempt: async ({ error, attemptNumber, retriesLeft }) => {
        signal.throwIfAborted();
        if (retriesLeft === 0 || !isWorthAnother(error, attemptNumber)) throw error;
        const own = jittered(Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attemptNumber - 1)), random);
        await sleep(Math.max(own, Math.min(askedMs(error), maxRetryAfterMs)), clock, signal);
        found = await before();
      },
    },
  );
}

/**
 * Tells whether to ask again for work that is paid. It is not given up for a refusal: a job may be unknown for a moment
 * (anthropics/anthropic-sdk-python#1432), or one of many machines refuse the key; nor for a long wait.
 */
export function isWorthAsking(error: Error, tries: number): boolean {
  return isRetryable(error) || (ProviderError.isInstance(error) && tries < REFUSALS);
}

/** Milliseconds that an error asks to wait; 0 where it asks for nothing. */
export function askedMs(error: Error): number {
  return (ProviderError.isInstance(error) ? error.retryAfterMs : undefined) ?? 0;
}

/** `ms` less a random share of it. */
export function jittered(ms: number, random: () => number): number {
  return ms * (1 - JITTER * random());
}

function nothing(): Promise<undefined> {
  return Promise.resolve(undefined);
}
