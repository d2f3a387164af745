import { type Clock, ProviderError, sleep } from "@batchwise/core";
import { isRetryable } from "./errors.ts";

/** What waiting needs. */
export interface Patience {
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/** Tries of one call to the provider: with the waits between them, about half an hour. */
const TRIES = 12;
const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 300_000;
/** Which share of a wait is random, so that many do not ask at once. */
const JITTER = 0.2;

/**
 * Makes a call to the provider that may be repeated, until it answers.
 *
 * @param before what to do before another try; a result of it is the call's
 * @throws the error of the last try, one that is not retryable at once, or the signal's reason
 */
export async function persist<T>(
  call: () => Promise<T>,
  patience: Patience,
  before: () => Promise<T | undefined> = nothing,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    patience.signal.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      patience.signal.throwIfAborted();
      if (tries >= TRIES || !isRetryable(error)) throw error;
      await pause(error, tries, patience);
    }
    const result = await before();
    if (result !== undefined) return result;
  }
}

/** `ms` less a random share of it. */
export function jittered(ms: number, random: () => number): number {
  return ms * (1 - JITTER * random());
}

function pause(error: unknown, tries: number, { clock, random, signal }: Patience): Promise<void> {
  const own = jittered(Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (tries - 1)), random);
  const asked = ProviderError.isInstance(error) ? error.retryAfterMs : undefined;
  return sleep(asked ?? own, clock, signal);
}

function nothing(): Promise<undefined> {
  return Promise.resolve(undefined);
}
