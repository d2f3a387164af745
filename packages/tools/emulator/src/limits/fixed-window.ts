import type { Bucket } from "./bucket.ts";

/**
 * Limit of a quantity in each period of the clock: all of it may pass at the end of one and again at the start of the
 * next, and after that nothing until it ends.
 */
export class FixedWindow implements Bucket {
  readonly limit: number;
  taken = 0;
  readonly #periodMs: number;
  readonly #first: number;
  #window: number;
  #used: number;

  /** @param fill share of the first period's worth that may pass, 0 to 1 */
  constructor(limit: number, fill: number, nowMs: number, periodMs: number = 60_000) {
    this.limit = limit;
    this.#periodMs = periodMs;
    this.#window = Math.floor(nowMs / periodMs);
    this.#first = this.#window;
    this.#used = Math.round((1 - fill) * limit);
  }

  take(amount: number, nowMs: number): boolean {
    if (!this.fits(amount, nowMs)) return false;
    this.#used += amount;
    this.taken += amount;
    return true;
  }

  fits(amount: number, nowMs: number): boolean {
    return amount <= this.remaining(nowMs);
  }

  penalize(amount: number, nowMs: number): void {
    this.#used = Math.min(this.limit, this.limit - this.remaining(nowMs) + amount);
  }

  waitMs(amount: number, nowMs: number): number {
    if (amount > this.limit) return Infinity;
    return this.fits(amount, nowMs) ? 0 : this.resetMs(nowMs);
  }

  remaining(nowMs: number): number {
    const window = Math.floor(nowMs / this.#periodMs);
    if (window > this.#window) {
      this.#window = window;
      this.#used = 0;
    }
    return this.limit - this.#used;
  }

  resetMs(nowMs: number): number {
    return this.remaining(nowMs) === this.limit ? 0 : (this.#window + 1) * this.#periodMs - nowMs;
  }

  use(nowMs: number): number {
    return this.taken / (this.limit * (Math.floor(nowMs / this.#periodMs) - this.#first + 1));
  }
}
