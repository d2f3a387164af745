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
  if (signal === undefined) return work;
  const done = new AbortController();
  const aborted = new Promise<undefined>((resolve) => {
    anyOf(signal, done.signal).addEventListener("abort", () => resolve(undefined), { once: true });
    if (signal.aborted) resolve(undefined);
  });
  try {
    return await Promise.race([aborted, work]);
  } finally {
    done.abort();
  }
}
