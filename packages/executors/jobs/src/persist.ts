import { type Clock, ProviderError, sleep, toError } from "@batchwise/core";
import pRetry from "p-retry";
import { isRetryable } from "./errors.ts";

/** Clock, randomness and signal of the waits between tries. */
export interface RetryContext {
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/** Tries of one call to the provider: about half an hour with the waits between them. */
const TRIES = 12;
const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 300_000;
/** Share of a wait that is random, so that many processes do not call at once. */
const JITTER = 0.2;

/**
 * Makes a call to the provider that may be repeated, until it is answered.
 *
 * @param before runs before another try; a result of it is the call's
 * @throws the error of the last try, one that is not retryable at once, or the signal's reason
 */
export function persist<T>(
  call: () => Promise<T>,
  { clock, random, signal }: RetryContext,
  before: () => Promise<T | undefined> = nothing,
): Promise<T> {
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
      retries: TRIES - 1,
      minTimeout: 0,
      onFailedAttempt: async ({ error, attemptNumber, retriesLeft }) => {
        signal.throwIfAborted();
        if (retriesLeft === 0 || !isRetryable(error)) throw error;
        await sleep(delayAfter(error, attemptNumber, random), clock, signal);
        found = await before();
      },
    },
  );
}

/** `ms` less a random share of it. */
export function jittered(ms: number, random: () => number): number {
  return ms * (1 - JITTER * random());
}

function delayAfter(error: Error, tries: number, random: () => number): number {
  const asked = ProviderError.isInstance(error) ? error.retryAfterMs : undefined;
  return asked ?? jittered(Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (tries - 1)), random);
}

function nothing(): Promise<undefined> {
  return Promise.resolve(undefined);
}
