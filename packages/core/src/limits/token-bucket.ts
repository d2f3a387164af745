/** How much of one quantity may pass, and when. Times are milliseconds of a clock, amounts whatever is counted. */
export interface Allowance {
  /** What may pass in a minute. */
  readonly limit: number;
  /** Milliseconds until `amount` may pass; 0 means now. An amount over the limit passes alone (P27). */
  waitMs(amount: number, now: number): number;
  /** Takes it, and returns what gives back what turned out not to be used (or takes what was used beyond it). */
  take(amount: number, now: number): Correction;
  /** The shortest time in which `amount` could pass in all. */
  shortestMs(amount: number, now: number): number;
}

/** Corrects what was taken by `difference`: above 0 gives back. */
export type Correction = (difference: number, now: number) => void;

const MINUTE_MS = 60_000;

/**
 * A bucket that refills evenly and holds a minute's worth: how providers count that tell in headers what is left.
 * It is set to what they tell.
 */
export class TokenBucket implements Allowance {
  readonly limit: number;
  #level: number;
  #at: number;

  constructor(limit: number, level: number, now: number) {
    this.limit = limit;
    this.#level = level;
    this.#at = now;
  }

  waitMs(amount: number, now: number): number {
    this.#refill(now);
    const needed = Math.min(amount, this.limit) - this.#level;
    // A hair's breadth of rounding must not arm a timer of no length again and again.
    return needed <= this.limit * 1e-9 ? 0 : Math.max(needed / this.#rate, 1e-3);
  }

  take(amount: number, now: number): Correction {
    this.#refill(now);
    this.#level -= amount;
    return (difference, later) => {
      this.#refill(later);
      this.#level = Math.min(this.limit, this.#level + difference);
    };
  }

  shortestMs(amount: number, now: number): number {
    this.#refill(now);
    return Math.max(0, (amount - this.#level) / this.#rate);
  }

  /**
   * Takes over what a response said is left. Calls in flight, `open` in all, may or may not be counted in it:
   * our own level stays where it lies between the two.
   */
  learn(remaining: number, open: number, now: number): void {
    this.#refill(now);
    this.#level = Math.min(Math.max(this.#level, remaining - open), remaining);
  }

  get #rate(): number {
    return this.limit / MINUTE_MS;
  }

  #refill(now: number): void {
    this.#level = Math.min(this.limit, this.#level + (now - this.#at) * this.#rate);
    this.#at = now;
  }
}
