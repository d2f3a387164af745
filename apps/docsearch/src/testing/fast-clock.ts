import type { Clock } from "@batchwise/core";

/** Factor at which a provider's timeout does not yet run out on a busy machine. */
const SPEED = 20;

/** Clock of the machine, 20 times as fast: a backoff of a second takes 50 ms, and still ends in the right order. */
export const fastClock: Clock = {
  now: () => performance.now() * SPEED,
  after(ms, callback) {
    const timer = setTimeout(callback, ms / SPEED);
    return () => clearTimeout(timer);
  },
};
