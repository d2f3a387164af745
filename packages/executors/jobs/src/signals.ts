import type { Clock } from "@batchwise/core";

/** Result of `work`, whose signal is aborted when the given one is, and after so many milliseconds, if any. */
export async function within<T>(
  ms: number | undefined,
  clock: Clock,
  signal: AbortSignal | undefined,
  work: (options: { readonly signal: AbortSignal }) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const cancelTimer = ms === undefined ? undefined : clock.after(ms, () => late.abort());
  try {
    return await work({ signal: anyOf(signal, late.signal) });
  } finally {
    cancelTimer?.();
  }
}

/** Signal that is aborted when any of these is. */
export function anyOf(...signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  return AbortSignal.any(signals.filter((signal) => signal !== undefined));
}

/** Value that `work` resolves to; undefined when the signal is aborted first. */
export async function beforeAbort<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T | undefined> {
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
  const onAbort = (): void => resolve(undefined);
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
  try {
    return await Promise.race([aborted, work]);
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}
