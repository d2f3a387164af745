const SECOND_MS = 1000;
/** Share of what got through that is tried after a refusal. */
const SHARE = 0.9;
/** Calls in a millisecond that are the slowest pace. */
const SLOWEST = 1 / 60_000;
/** Growth after each while without a refusal, as a share of the pace that it began with; doubled each time. */
const GROWTH = 0.05;
const GROWTH_MS = 5 * SECOND_MS;
/** Share of a pace that was refused, which is not passed again for a while. */
const CEILING = 0.95;
/** Milliseconds for which it is not, doubled with every refusal at about the same pace. */
const CEILING_MS = 10 * SECOND_MS;
const SAME = 0.2;
const LONGEST_CEILING_MS = 10 * 60 * SECOND_MS;
/** Share of a pace below which one refusal does not bring it. */
const LEAST_SHARE = 1 / 4;

/** Even spacing of calls, closer with each few seconds without a refusal, up to what was refused. */
export class Spacing {
  /** Calls in a millisecond; undefined where there is no spacing. Changed here alone. */
  perMs: number | undefined;
  /** Pace that growth began with. */
  #base = 0;
  #growth = GROWTH;
  #grownAt = -Infinity;
  #ceiling = Infinity;
  #ceilingUntil = -Infinity;
  #ceilingMs = CEILING_MS;
  /** The last ceiling, lifted or not. */
  #limit = 0;
  /** Time up to which the calls that have been sent last at this pace. */
  #lastsUntil = -Infinity;

  /** True unless it is as it was after the last refusal. */
  get isGrown(): boolean {
    return this.perMs !== this.#base;
  }

  /** Milliseconds until a call may be sent; a second's calls may be sent at once. */
  waitMs(now: number): number {
    return this.perMs === undefined ? 0 : Math.max(0, this.#lastsUntil - now);
  }

  sent(now: number): void {
    if (this.perMs === undefined) return;
    const apartMs = 1 / this.perMs;
    this.#lastsUntil = Math.max(this.#lastsUntil, now - Math.max(0, SECOND_MS - apartMs)) + apartMs;
  }

  passed(now: number): void {
    if (this.perMs === undefined || now - this.#grownAt < GROWTH_MS) return;
    this.#growth *= 2;
    if (now >= this.#ceilingUntil && this.#ceiling < Infinity) {
      this.#ceiling = Infinity;
      this.#growth = GROWTH;
    }
    this.perMs = Math.min(this.perMs + this.#growth * this.#base, this.#ceiling);
    this.#grownAt = now;
  }

  /**
   * Begins anew after a refusal.
   *
   * @param rate calls in a millisecond that got through
   * @param sentAt time of the last call
   */
  refused(rate: number, sentAt: number, now: number): void {
    const known = this.perMs;
    this.#base = SHARE * rate;
    if (known !== undefined) {
      this.#base = Math.min(Math.max(this.#base, LEAST_SHARE * known), CEILING * known);
      this.#limitTo(CEILING * known, now);
    }
    this.#base = Math.max(this.#base, SLOWEST);
    this.#growth = GROWTH;
    this.#grownAt = now;
    this.#lastsUntil = sentAt + 1 / this.#base;
    this.restore();
  }

  /** Leaves calls without spacing. */
  lift(): void {
    this.perMs = undefined;
  }

  /** Spaces calls as after the last refusal. */
  restore(): void {
    this.perMs = this.#base;
  }

  /** Refused again where it was refused before, the limit is still there; elsewhere, it is another one. */
  #limitTo(perMs: number, now: number): void {
    const isSame = this.#ceiling === Infinity && Math.abs(perMs - this.#limit) < SAME * this.#limit;
    this.#ceilingMs = isSame ? Math.min(LONGEST_CEILING_MS, 2 * this.#ceilingMs) : CEILING_MS;
    this.#limit = perMs;
    this.#ceiling = perMs;
    this.#ceilingUntil = now + this.#ceilingMs;
  }
}
