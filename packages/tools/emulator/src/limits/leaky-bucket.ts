import type { Bucket } from "./bucket.ts";

/** Largest limit a minute whose arithmetic stays exact in a double. */
export const LARGEST_LIMIT = 150_000_000;
/** Largest limit a day, likewise. */
export const LARGEST_DAILY_LIMIT = 100_000;

/**
 * Limit of a quantity a period, as a leaky bucket. Taking raises the level, time lowers it evenly, and the level is
 * never above a period's worth: so never more than `limit + limit x periods` passes in any window.
 *
 * Exact: with time in whole microseconds and the level in units of one divided by the period's microseconds, everything
 * is a whole number below 2^53.
 */
export class LeakyBucket implements Bucket {
  readonly limit: number;
  taken = 0;
  readonly #periodUs: number;
  readonly #capacity: number;
  readonly #startedAt: number;
  readonly #startLevel: number;
  #at: number;
  #level: number;

  /** @param fill share of a period's worth that may pass at once, 0 to 1 */
  constructor(limit: number, fill: number, nowMs: number, periodMs: number = 60_000) {
    this.limit = limit;
    this.#periodUs = periodMs * 1000;
    this.#capacity = limit * this.#periodUs;
    this.#level = Math.round((1 - fill) * this.#capacity);
    this.#startLevel = this.#level;
    this.#at = Math.floor(nowMs * 1000);
    this.#startedAt = this.#at;
  }

  take(amount: number, nowMs: number): boolean {
    if (!this.fits(amount, nowMs)) return false;
    this.#level += amount * this.#periodUs;
    this.taken += amount;
    return true;
  }

  fits(amount: number, nowMs: number): boolean {
    this.#leak(nowMs);
    return this.#level + amount * this.#periodUs <= this.#capacity;
  }

  penalize(amount: number, nowMs: number): void {
    this.#leak(nowMs);
    this.#level = Math.min(this.#capacity, this.#level + amount * this.#periodUs);
  }

  waitMs(amount: number, nowMs: number): number {
    this.#leak(nowMs);
    const excess = this.#level + amount * this.#periodUs - this.#capacity;
    if (amount > this.limit) return Infinity;
    return excess <= 0 ? 0 : Math.ceil(excess / this.limit) / 1000;
  }

  remaining(nowMs: number): number {
    this.#leak(nowMs);
    return Math.floor((this.#capacity - this.#level) / this.#periodUs);
  }

  resetMs(nowMs: number): number {
    this.#leak(nowMs);
    return Math.ceil(this.#level / this.limit) / 1000;
  }

  use(nowMs: number): number {
    const elapsed = Math.max(0, Math.floor(nowMs * 1000) - this.#startedAt);
    const available = (this.#capacity - this.#startLevel) / this.#periodUs + (elapsed * this.limit) / this.#periodUs;
    return available > 0 ? this.taken / available : 0;
  }

  #leak(nowMs: number): void {
    const now = Math.floor(nowMs * 1000);
    const elapsed = now - this.#at;
    if (elapsed <= 0) return;
    this.#at = now;
    this.#level = elapsed >= this.#periodUs ? 0 : Math.max(0, this.#level - elapsed * this.limit);
  }
}
