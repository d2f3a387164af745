import type { Clock } from "@batchwise/core";

/** Any faster, and a provider's timeout could run out on a busy machine. */
const SPEED = 20;

/** The machine's clock, 20 times as fast: a backoff of a second takes 50 ms, and still ends in the right order. */
export const fastClock: Clock = {
  now: () => performance.now() * SPEED,
  after(ms, callback) {
    const timer = setTimeout(callback, ms / SPEED);
    return () => clearTimeout(timer);
  },
};
