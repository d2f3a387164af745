import type { Clock } from "@batchwise/core";

/** The world's own timers on a clock, counted, so that what is left on the clock beside them is the engine's. */
export class WorldTimers {
  #waiting = 0;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Like `Clock.after`. */
  after(ms: number, callback: () => void): () => void {
    this.#waiting++;
    let open = true;
    const close = (): void => {
      if (open) this.#waiting--;
      open = false;
    };
    const cancel = this.#clock.after(ms, () => {
      close();
      callback();
    });
    return () => {
      close();
      cancel();
    };
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      if (ms === 0) resolve();
      else this.after(ms, resolve);
    });
  }
}
