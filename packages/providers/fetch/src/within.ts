import type { Clock } from "@batchwise/core";

/** What ends a piece of work early. */
export interface Bounds {
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** The error when the time is up. */
  readonly late: () => Error;
  readonly outer: AbortSignal | undefined;
}

/**
 * Runs `work` with a signal of its own, and waits for it no longer than its time or its caller's signal lasts, whether
 * it heeds the signal or not. Nothing of it stays with the caller's signal or the clock.
 *
 * @throws the outer signal's reason, or what `late` gives
 */
export async function within<T>(
  { timeoutMs, clock, late, outer }: Bounds,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  outer?.throwIfAborted();
  const controller = new AbortController();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const end = (reason: unknown): void => {
    reject(reason);
    controller.abort(reason);
  };
  const onAbort = (): void => end(outer?.reason);
  outer?.addEventListener("abort", onAbort, { once: true });
  const cancel = timeoutMs === Infinity ? undefined : clock.after(timeoutMs, () => end(late()));
  try {
    return await Promise.race([work(controller.signal), ended]);
  } finally {
    cancel?.();
    outer?.removeEventListener("abort", onAbort);
  }
}
