import { type Clock, systemClock } from "@batchwise/core";
import { timedOut } from "./errors/provider-errors.ts";

/** Bounds of a piece of work. */
export interface Bounds {
  /** The caller's: whatever waits for the work rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** @default Infinity */
  readonly timeoutMs?: number;
  /** The error when the time is up. @default a TimeoutError */
  readonly late?: () => Error;
  /** @default the machine's */
  readonly clock?: Clock;
}

/** A signal for one piece of work, and waiting that ends with it. */
export interface Linked {
  readonly signal: AbortSignal;
  /** Resolves to what `work` does, or rejects with the reason as soon as the signal is aborted, whatever the work does. */
  race<Result>(work: Promise<Result>): Promise<Result>;
  abort(): void;
  /** Takes everything off the caller's signal and the clock. */
  unlink(): void;
}

/**
 * Runs `work` with a signal of its own, and waits no longer than its bounds allow.
 *
 * @throws the caller's reason, or what `late` gives
 */
export async function within<Result>(bounds: Bounds, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const linked = linkTo(bounds);
  try {
    return await linked.race(work(linked.signal));
  } finally {
    linked.unlink();
  }
}

/** @throws the signal's reason where it is aborted already */
export function linkTo(bounds: Bounds): Linked {
  const { signal, timeoutMs = Infinity, late = () => timedOut(timeoutMs), clock = systemClock } = bounds;
  signal?.throwIfAborted();
  const controller = new AbortController();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  // Nothing may be waiting just then.
  ended.catch(() => undefined);
  const end = (reason: unknown): void => {
    reject(reason);
    controller.abort(reason);
  };
  const onAbort = (): void => end(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  const cancel = timeoutMs === Infinity ? undefined : clock.after(timeoutMs, () => end(late()));
  return {
    signal: controller.signal,
    race: (work) => Promise.race([work, ended]),
    abort: () => controller.abort(),
    unlink() {
      cancel?.();
      signal?.removeEventListener("abort", onAbort);
    },
  };
}

/** The one signal that is there, or one that is aborted with the first of several. */
export function anySignal(...signals: readonly (AbortSignal | undefined)[]): AbortSignal | undefined {
  const given = signals.filter((signal) => signal !== undefined);
  return given.length < 2 ? given[0] : AbortSignal.any(given);
}
