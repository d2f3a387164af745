const MINUTE_US = 60_000_000;

/** Largest limit whose arithmetic stays exact in a double. */
export const LARGEST_LIMIT = 150_000_000;

/**
 * Limit of a quantity a minute, as a leaky bucket. Taking raises the level, time lowers it evenly, and the level is
 * never above a minute's worth: so never more than `limit + limit x minutes` passes in any window.
 *
 * Exact: with time in whole microseconds and the level in units of 1 / 60,000,000 of one, everything is a whole number
 * below 2^53.
 */
export class LeakyBucket {
  readonly limit: number;
  /** Sum of all that has passed. */
  taken = 0;
  readonly #capacity: number;
  readonly #startedAt: number;
  readonly #startLevel: number;
  #at: number;
  #level: number;

  /** @param fill share of a minute's worth that may pass at once, 0 to 1 */
  constructor(limit: number, fill: number, nowMs: number) {
    this.limit = limit;
    this.#capacity = limit * MINUTE_US;
    this.#level = Math.round((1 - fill) * this.#capacity);
    this.#startLevel = this.#level;
    this.#at = Math.floor(nowMs * 1000);
    this.#startedAt = this.#at;
  }

  /** Takes `amount`, a whole number, if it may pass now. */
  take(amount: number, nowMs: number): boolean {
    if (!this.fits(amount, nowMs)) return false;
    this.#level += amount * MINUTE_US;
    this.taken += amount;
    return true;
  }

  /** Tells whether `amount` may pass now. */
  fits(amount: number, nowMs: number): boolean {
    this.#leak(nowMs);
    return this.#level + amount * MINUTE_US <= this.#capacity;
  }

  /** Uses up to `amount` of the limit without letting anything pass. */
  penalize(amount: number, nowMs: number): void {
    this.#leak(nowMs);
    this.#level = Math.min(this.#capacity, this.#level + amount * MINUTE_US);
  }

  /** Milliseconds until `amount` may pass; Infinity when it is more than the limit. */
  waitMs(amount: number, nowMs: number): number {
    this.#leak(nowMs);
    const excess = this.#level + amount * MINUTE_US - this.#capacity;
    if (amount > this.limit) return Infinity;
    return excess <= 0 ? 0 : Math.ceil(excess / this.limit) / 1000;
  }

  /** Amount that could pass now, rounded down. */
  remaining(nowMs: number): number {
    this.#leak(nowMs);
    return Math.floor((this.#capacity - this.#level) / MINUTE_US);
  }

  /** Milliseconds until a minute's worth could pass. */
  resetMs(nowMs: number): number {
    this.#leak(nowMs);
    return Math.ceil(this.#level / this.limit) / 1000;
  }

  /** Share of the capacity until `nowMs` that was used. */
  use(nowMs: number): number {
    const elapsed = Math.max(0, Math.floor(nowMs * 1000) - this.#startedAt);
    const available = (this.#capacity - this.#startLevel) / MINUTE_US + (elapsed * this.limit) / MINUTE_US;
    return available > 0 ? this.taken / available : 0;
  }

  #leak(nowMs: number): void {
    const now = Math.floor(nowMs * 1000);
    const elapsed = now - this.#at;
    if (elapsed <= 0) return;
    this.#at = now;
    this.#level = elapsed >= MINUTE_US ? 0 : Math.max(0, this.#level - elapsed * this.limit);
  }
}
