import type { Settlement } from "../contract/rate-limiter.ts";

/** Milliseconds of the shortest pause after a refusal. What is asked for doubles with every further one in a row, too. */
const FIRST_MS = 500;
const LONGEST_MS = 60_000;

/** Pause of all calls that pass a limiter, after a refusal or at a provider's wish. */
export class Pause {
  #until = -Infinity;
  #refusals = 0;

  /** Milliseconds that are left of it. */
  leftMs(now: number): number {
    return Math.max(0, this.#until - now);
  }

  /** Takes over the end of a call that began at `startedAt`. */
  apply({ outcome, retryAfterMs }: Settlement, startedAt: number, now: number): void {
    if (outcome === "ok") this.#refusals = 0;
    // Of the calls that were in flight together, the first refusal speaks for all.
    if (outcome === "limited" && startedAt >= this.#until) this.#refusals++;
    const asked = retryAfterMs ?? 0;
    const own = outcome === "limited" ? Math.max(FIRST_MS, asked) * 2 ** (this.#refusals - 1) : 0;
    const pauseMs = Math.max(asked, Math.min(LONGEST_MS, own));
    if (pauseMs > 0) this.#until = Math.max(this.#until, now + pauseMs);
  }
}
