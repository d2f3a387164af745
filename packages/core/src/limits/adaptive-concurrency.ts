/**
 * How many calls a backend bears that does not tell its limits: one more for every round without a refusal, half as
 * many after one. Without a refusal it does not limit at all.
 */
export class AdaptiveConcurrency {
  #limit = Infinity;
  #reducedAt = -Infinity;

  /** Calls that may be in flight. */
  get limit(): number {
    return Math.floor(this.#limit);
  }

  succeeded(): void {
    this.#limit += 1 / this.#limit;
  }

  /** A call that began at `startedAt` was refused while `inFlight` were on the way. */
  refused(inFlight: number, startedAt: number, now: number): void {
    // Calls that began before the last reduction tell nothing about the new limit.
    if (startedAt <= this.#reducedAt) return;
    this.#limit = Math.max(1, Math.min(this.#limit, inFlight) / 2);
    this.#reducedAt = now;
  }
}
