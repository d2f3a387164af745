import type { Clock } from "@batchwise/core";

/** Signal that is aborted after a time, and what takes it off the clock. */
export function deadline(clock: Clock, ms: number): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const cancel = clock.after(ms, () => controller.abort());
  return { signal: controller.signal, [Symbol.dispose]: cancel };
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
