/**
 * Time as the engine sees it. Inject one to make waiting testable: `@batchwise/testkit` exports a fake clock.
 *
 * @example
 * const clock: Clock = { now: () => performance.now(), after: (ms, run) => { const id = setTimeout(run, ms); return () => clearTimeout(id); } };
 */
export interface Clock {
  /** Milliseconds from an arbitrary start; never goes backwards. */
  now(): number;
  /** Runs `callback` once, `ms` milliseconds from now, and returns what cancels it. */
  after(ms: number, callback: () => void): () => void;
}

/** The longest delay that timers of JavaScript runtimes hold; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's own monotonic clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, callback) {
    let timer: ReturnType<typeof setTimeout>;
    const arm = (left: number): void => {
      timer = setTimeout(
        () => {
          if (left > LONGEST_TIMER_MS) arm(left - LONGEST_TIMER_MS);
          else callback();
        },
        Math.min(left, LONGEST_TIMER_MS),
      );
    };
    arm(Math.max(0, ms));
    return () => clearTimeout(timer);
  },
};

/**
 * Resolves after `ms` milliseconds of `clock`.
 *
 * @throws the signal's reason, at once, when `signal` is aborted first.
 */
export function sleep(ms: number, clock: Clock, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
