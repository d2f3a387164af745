import type { Clock } from "@batchwise/core";

import { follow } from "./follow.ts";

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/**
 * Clock that stands still until it is told to move, so that a test of waiting takes no time.
 *
 * @example
 * const clock = new FakeClock();
 * const outputs = await clock.run(runnable.batch(inputs, { clock }));
 */
export class FakeClock implements Clock {
  #now = 0;
  #timers: Timer[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, ms), callback };
    // Timers of one instant run in the order in which they were set.
    const later = this.#timers.findIndex((each) => each.at > timer.at);
    this.#timers.splice(later === -1 ? this.#timers.length : later, 0, timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  }

  /** Number of timers that are waiting. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Milliseconds until the next timer is due; undefined while none is waiting. */
  get nextInMs(): number | undefined {
    const next = this.#timers[0];
    return next === undefined ? undefined : next.at - this.#now;
  }

  /** Moves forward by `ms` milliseconds, running each timer that is due with all that follows from it. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await flush();
    while (this.#timers[0] !== undefined && this.#timers[0].at <= until) {
      this.#fire();
      await flush();
    }
    this.#now = until;
  }

  /**
   * Moves from timer to timer until `promise` has settled, and settles like it.
   *
   * @throws Error when nothing is left that could settle it: a deadlock.
   */
  async run<T>(promise: Promise<T>): Promise<T> {
    const state = follow(promise);
    await flush();
    while (state.ended === undefined) {
      if (this.#timers.length === 0)
        throw new Error("Expected the promise to settle, got no timer that could bring it about. Look for a deadlock.");
      this.#fire();
      await flush();
    }
    return promise;
  }

  #fire(): void {
    const timer = this.#timers.shift();
    if (timer === undefined) return;
    this.#now = Math.max(this.#now, timer.at);
    timer.callback();
  }
}

/** Lets every microtask that is queued, and those that these queue, run. */
export function flush(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
