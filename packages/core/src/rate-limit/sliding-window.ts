import type { Allowance, Taken } from "./token-bucket.ts";

interface Entry {
  readonly at: number;
  amount: number;
}

const MINUTE_MS = 60_000;
/** Parts in which an exhausted limit comes back over a minute. */
const SLICES = 60;

/**
 * Never more than the limit in any window of a minute or a day, wherever it begins: safe for every way in which a provider
 * may count, and so what a limit starts as that is configured and not reported by headers.
 */
export class SlidingWindow implements Allowance {
  readonly limit: number;
  readonly isLong: boolean;
  readonly #windowMs: number;
  #entries: Entry[] = [];
  #first = 0;
  #used = 0;

  constructor(limit: number, windowMs: number = MINUTE_MS) {
    this.limit = limit;
    this.isLong = windowMs > MINUTE_MS;
    this.#windowMs = windowMs;
  }

  waitMs(amount: number, now: number): number {
    this.#forget(now);
    let excess = this.#used + Math.min(amount, this.limit) - this.limit;
    if (excess <= 0) return 0;
    for (let each = this.#first; each < this.#entries.length; each++) {
      const { at, amount: taken } = this.#entries[each] as Entry;
      excess -= taken;
      if (excess <= 0) return at + this.#windowMs - now;
    }
    return this.#windowMs;
  }

  take(amount: number, now: number): Taken {
    let entry: Entry = { at: now, amount };
    this.#entries.push(entry);
    this.#used += amount;
    return {
      begin: (later) => {
        if (later === entry.at) return;
        this.#forget(later);
        const left = entry.amount;
        if (entry.at > later - this.#windowMs) {
          this.#used -= left;
          entry.amount = 0;
        }
        entry = { at: later, amount: left };
        this.#entries.push(entry);
        this.#used += left;
      },
      correct: (difference, later) => {
        this.#forget(later);
        if (entry.at <= later - this.#windowMs) return;
        entry.amount -= difference;
        this.#used -= difference;
      },
    };
  }

  /**
   * The provider says that nothing is left, though we have not taken it: another user has, or it was not all there at
   * the start. When it was taken is not known: evenly over the last minute, and so it comes back evenly. Of a day nothing
   * is said: what refuses is a minute's limit, as a rule.
   */
  exhaust(now: number): void {
    if (this.isLong) return;
    this.#forget(now);
    const left = this.limit - this.#used;
    if (left <= 0) return;
    const taken = Array.from({ length: SLICES }, (_, slice): Entry => {
      return { at: now - ((SLICES - 1 - slice) * this.#windowMs) / SLICES, amount: left / SLICES };
    });
    this.#entries = [...this.#entries.slice(this.#first), ...taken].toSorted((one, other) => one.at - other.at);
    this.#first = 0;
    this.#used = this.limit;
  }

  shortestMs(amount: number, now: number): number {
    this.#forget(now);
    const beyond = this.#used + amount - this.limit;
    if (beyond <= 0) return 0;
    // What is used now frees its part first; each further window frees a whole limit.
    const windows = Math.ceil(beyond / this.limit) - 1;
    const rest = beyond - windows * this.limit;
    const wait = rest <= this.#used ? this.waitMs(this.limit - this.#used + rest, now) : this.#windowMs;
    return windows * this.#windowMs + wait;
  }

  #forget(now: number): void {
    while (this.#first < this.#entries.length) {
      const entry = this.#entries[this.#first] as Entry;
      if (entry.at > now - this.#windowMs) break;
      this.#used -= entry.amount;
      this.#first++;
    }
    if (this.#first === this.#entries.length) {
      this.#entries = [];
      this.#first = 0;
      this.#used = 0;
    } else if (this.#first > 1024 && this.#first * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
  }
}
