const MINUTE_US = 60_000_000;

/** The largest limit whose arithmetic stays exact in a double. */
export const LARGEST_LIMIT = 150_000_000;

/**
 * One quantity a minute, as a meter of what is owed. Taking adds to the debt, time pays it off evenly, and the debt is
 * never more than a minute's worth: so never more than `limit + limit x minutes` passes in any window.
 *
 * Exact: with time in whole microseconds and the debt in units of 1 / 60,000,000 of one, everything is a whole number
 * below 2^53.
 */
export class Meter {
  readonly limit: number;
  /** What has passed in all. */
  taken = 0;
  readonly #whole: number;
  readonly #startedAt: number;
  readonly #startDebt: number;
  #at: number;
  #debt: number;

  /** @param fill share of a minute's worth that may pass at once, 0 to 1 */
  constructor(limit: number, fill: number, nowMs: number) {
    this.limit = limit;
    this.#whole = limit * MINUTE_US;
    this.#debt = Math.round((1 - fill) * this.#whole);
    this.#startDebt = this.#debt;
    this.#at = Math.floor(nowMs * 1000);
    this.#startedAt = this.#at;
  }

  /** Takes `amount`, a whole number, if it may pass now. */
  take(amount: number, nowMs: number): boolean {
    if (!this.fits(amount, nowMs)) return false;
    this.#debt += amount * MINUTE_US;
    this.taken += amount;
    return true;
  }

  /** Whether `amount` may pass now. */
  fits(amount: number, nowMs: number): boolean {
    this.#pay(nowMs);
    return this.#debt + amount * MINUTE_US <= this.#whole;
  }

  /** Takes up to `amount` away without letting anything pass. */
  drain(amount: number, nowMs: number): void {
    this.#pay(nowMs);
    this.#debt = Math.min(this.#whole, this.#debt + amount * MINUTE_US);
  }

  /** Milliseconds until `amount` may pass; Infinity where it is more than the limit. */
  waitMs(amount: number, nowMs: number): number {
    this.#pay(nowMs);
    const excess = this.#debt + amount * MINUTE_US - this.#whole;
    if (amount > this.limit) return Infinity;
    return excess <= 0 ? 0 : Math.ceil(excess / this.limit) / 1000;
  }

  /** What could pass now, rounded down. */
  remaining(nowMs: number): number {
    this.#pay(nowMs);
    return Math.floor((this.#whole - this.#debt) / MINUTE_US);
  }

  /** Milliseconds until a minute's worth could pass. */
  resetMs(nowMs: number): number {
    this.#pay(nowMs);
    return Math.ceil(this.#debt / this.limit) / 1000;
  }

  /** What has passed, as a share of all that could have by `nowMs`. */
  use(nowMs: number): number {
    const elapsed = Math.max(0, Math.floor(nowMs * 1000) - this.#startedAt);
    const available = (this.#whole - this.#startDebt) / MINUTE_US + (elapsed * this.limit) / MINUTE_US;
    return available > 0 ? this.taken / available : 0;
  }

  #pay(nowMs: number): void {
    const now = Math.floor(nowMs * 1000);
    const elapsed = now - this.#at;
    if (elapsed <= 0) return;
    this.#at = now;
    this.#debt = elapsed >= MINUTE_US ? 0 : Math.max(0, this.#debt - elapsed * this.limit);
  }
}
