/** Allowance of one quantity: how much may pass, and when. Times are milliseconds of a clock, amounts of what is counted. */
export interface Allowance {
  /** Amount that may pass in a minute, or in a longer time. */
  readonly limit: number;
  /** True where that is longer than a minute. */
  readonly isLong: boolean;
  /** Milliseconds until `amount` may pass; 0 means now. An amount over the limit passes alone (P27). */
  waitMs(amount: number, now: number): number;
  /** Takes it. */
  take(amount: number, now: number): Taken;
  /** The shortest time in which `amount` could pass in all. */
  shortestMs(amount: number, now: number): number;
  /** The provider refused a call and did not report what is left: nothing is. */
  exhaust(now: number): void;
}

/** Amount that was taken for one call. */
export interface Taken {
  /** The call starts only now: it may have waited for a permit since. */
  begin(now: number): void;
  /** Gives back the amount that turned out not to be used, or (below 0) takes what was used beyond it. */
  correct(difference: number, now: number): void;
}

const MINUTE_MS = 60_000;
/** Milliseconds over which it is measured what comes, the share from which all does, and the least that is reckoned with. */
const WINDOW_MS = 2000;
const ALL = 0.85;
const LEAST_SHARE = 0.2;
/** Share of the limit of which so little is left that it matters. */
const SCARCE = 0.1;
/** Share of what comes in a window that failed calls must have reserved, to tell whether the provider counts them. */
const TELLING = 0.1;

/**
 * Bucket that refills evenly and holds a minute's worth, as those providers count that report in headers what is left.
 * It is set to what they report.
 */
export class TokenBucket implements Allowance {
  readonly limit: number;
  /** Set by the limits, which hear when it is whole. */
  isLong = false;
  #level: number;
  #at: number;
  /** Time until which it refills faster than the limit, because the provider reported when it is whole. */
  #wholeAt = -Infinity;
  #hurriedRate = 0;
  /** Share of the limit that comes: others may use the same one. */
  #share = 1;
  #anchor: { readonly total: number; readonly at: number } | undefined;
  /** Amount that failed calls had reserved since the anchor, and whether the provider counts such calls. */
  #failed = 0;
  #countsFailed = true;

  constructor(limit: number, level: number, now: number) {
    this.limit = limit;
    this.#level = level;
    this.#at = now;
  }

  waitMs(amount: number, now: number): number {
    this.#refill(now);
    const needed = Math.min(amount, this.limit) - this.#level;
    // A hair's breadth of rounding must not arm a timer of no length again and again.
    return needed <= this.limit * 1e-9 ? 0 : Math.max(this.#timeFor(needed, now), 1e-3);
  }

  take(amount: number, now: number): Taken {
    this.#refill(now);
    this.#level -= amount;
    return {
      begin: () => undefined,
      correct: (difference, later) => this.#giveBack(difference, later),
    };
  }

  shortestMs(amount: number, now: number): number {
    this.#refill(now);
    return this.#timeFor(amount - this.#level, now);
  }

  exhaust(now: number): void {
    this.#refill(now);
    this.#level = Math.min(this.#level, 0);
  }

  /**
   * Takes over what a response said is left. Our own level stays where it lies between the least that there can be now
   * and the most: what was left when the response's call began at the earliest, `since`, and what has come since then.
   */
  learn(least: number, remaining: number, since: number, now: number): void {
    this.#refill(now);
    const most = remaining + (now - since) * this.#rate;
    this.#level = Math.min(Math.max(this.#level, least), most, this.limit);
  }

  /**
   * Takes over when the missing amount will be back, where that is sooner than the limit alone would have it. Headers
   * are rounded to seconds: what may be rounding is none.
   */
  wholeIn(missing: number, resetMs: number | undefined, now: number): void {
    if (resetMs === undefined || !(resetMs > 0) || resetMs + 1000 > (0.8 * missing) / this.#wholeRate) return;
    this.#wholeAt = now + resetMs;
    this.#hurriedRate = missing / resetMs;
  }

  /** A call failed that had reserved so much. It comes back where the provider has shown that it counts no such calls. */
  failed(amount: number, now: number): void {
    this.#failed += amount;
    if (!this.#countsFailed) this.#giveBack(amount, now);
  }

  /**
   * Takes over what a response said is left, and what had passed in all when its call began. Their sum grows by what has
   * come, and by what failed calls had reserved where these are not counted. Where it grows by less than the limit, others
   * take the rest.
   *
   * @param likely amount that is left now, if all calls were counted in the order in which they began
   */
  gained(remaining: number, passed: number, at: number, likely: number): void {
    const total = remaining + passed;
    const anchor = (this.#anchor ??= { total, at });
    if (at - anchor.at < WINDOW_MS) return;
    const whole = (at - anchor.at) * this.#wholeRate;
    const gained = total - anchor.total;
    if (this.#failed > TELLING * whole) {
      const isCounted = gained - whole < this.#failed / 2;
      this.#countsFailed = isCounted;
      if (!isCounted) this.#level = Math.min(Math.max(this.#level, likely), this.limit);
    }
    const share = (gained - (this.#countsFailed ? 0 : this.#failed)) / whole;
    const isScarce = remaining < SCARCE * this.limit && share < ALL;
    this.#share = isScarce ? Math.max(LEAST_SHARE, share) : 1;
    this.#anchor = { total, at };
    this.#failed = 0;
  }

  #giveBack(amount: number, now: number): void {
    this.#refill(now);
    this.#level = Math.min(this.limit, this.#level + amount);
  }

  get #wholeRate(): number {
    return this.limit / MINUTE_MS;
  }

  get #rate(): number {
    return this.#wholeRate * this.#share;
  }

  #timeFor(amount: number, now: number): number {
    if (amount <= 0) return 0;
    const hurriedMs = Math.max(0, this.#wholeAt - now);
    if (amount <= hurriedMs * this.#hurriedRate) return amount / this.#hurriedRate;
    return hurriedMs + (amount - hurriedMs * this.#hurriedRate) / this.#rate;
  }

  #refill(now: number): void {
    const hurriedMs = Math.max(0, Math.min(now, this.#wholeAt) - this.#at);
    const gained = hurriedMs * this.#hurriedRate + (now - this.#at - hurriedMs) * this.#rate;
    this.#level = Math.min(this.limit, this.#level + gained);
    this.#at = now;
  }
}
