/** Clock of the emulator, so that a test of waiting needs no time. Batchwise's own clocks fit. */
export interface EmulatorClock {
  /** Milliseconds from an arbitrary start; never goes backwards. */
  now(): number;
  /** Runs `callback` once, `ms` milliseconds from now. Returns a function that cancels it. */
  after(ms: number, callback: () => void): () => void;
}

/** Longest delay of a Node timer; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Monotonic clock of the machine. */
export const systemClock: EmulatorClock = {
  now: () => performance.now(),
  after(ms, callback) {
    const due = performance.now() + ms;
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      // Node measures from the last turn of its loop, so that a timer set after long work fires early.
      const left = Math.min(Math.ceil(due - performance.now()), LONGEST_TIMER_MS);
      timer = setTimeout(() => (performance.now() < due - 0.5 ? arm() : callback()), Math.max(0, left));
    };
    arm();
    return () => clearTimeout(timer);
  },
};
