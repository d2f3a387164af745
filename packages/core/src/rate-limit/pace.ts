import { Trial } from "./trial.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;
/** Share of what got through that is tried after a refusal. */
const SHARE = 0.9;
/** Growth after each while without a refusal, as a share of the pace that it began with; doubled each time. */
const GROWTH = 0.05;
const GROWTH_MS = 5 * SECOND_MS;
/** Share of a pace that was refused, which is not passed again for a while. */
const CEILING = 0.95;
/** Milliseconds for which it is not, doubled with every refusal at about the same pace. */
const CEILING_MS = 10 * SECOND_MS;
const SAME = 0.2;
const LONGEST_CEILING_MS = 10 * MINUTE_MS;
/** Share of a pace below which one refusal does not bring it. */
const LEAST_SHARE = 1 / 4;
/** Calls over which the share of refusals is taken, and the share below which a refusal that is over at once changes nothing. */
const MEMORY = 20;
const FEW = 0.1;
/** Calls, or milliseconds, over which the rate between two refusals is taken at least. */
const ENOUGH = 5;
const ENOUGH_MS = 3 * SECOND_MS;
/** Milliseconds over which any rate is taken at least. */
const LEAST_MS = 100;
/** Milliseconds of a pace after which calls go without it, to find out whether it helps; tripled each time that it does. */
const TRIAL_MS = 1.5 * MINUTE_MS;

/** Refusals in a row. */
interface Streak {
  readonly since: number;
  /** Calls in a millisecond that had got through since the streak before this one, where they are enough to tell. */
  readonly between: number | undefined;
  /** Calls that asked meanwhile and were refused. */
  asked: number;
}

/** Calls that got through in one second. */
interface Second {
  readonly at: number;
  calls: number;
}

/**
 * Pace after refusals that no known limit explains: the calls that got through before them, evenly spaced, and more with
 * each few seconds without a refusal. Limits that are reported may be a day's, or another model's.
 */
export class Pace {
  #perMs: number | undefined;
  /** Pace that growth began with. */
  #base = 0;
  #growth = GROWTH;
  #ceiling = Infinity;
  #ceilingUntil = -Infinity;
  #ceilingMs = CEILING_MS;
  /** The last ceiling, lifted or not. */
  #limit = 0;
  #grownAt = -Infinity;
  /** Time up to which the calls that have been sent last at this pace. */
  #lastsUntil = -Infinity;
  #streak: Streak | undefined;
  #refusedAt = -Infinity;
  /** Calls that had got through by the beginning of the last streak. */
  #mark: { readonly at: number; readonly total: number } | undefined;
  #total = 0;
  /** Share of the last calls that was refused. */
  #share = 0;
  /** Calls without the pace; undefined while there is one, or none is needed. */
  #trial: Trial | undefined;
  #trialMs = TRIAL_MS;
  #pacedAt: number | undefined;
  /** Calls that got through in the last minute, by the second in which they began. */
  readonly #seconds: Second[] = [];

  /** True from a refusal until a call has passed: one is sent at a time, to ask. */
  get isAsking(): boolean {
    return this.#streak !== undefined;
  }

  /** True where calls are refused at any pace, as by a provider that is busy: to send fewer does not help. */
  get isVain(): boolean {
    return this.#trial !== undefined;
  }

  /** True while the next calls tell whether the pace helps: few at a time. */
  get isTrying(): boolean {
    return this.#trial?.isOpen === true;
  }

  /** Milliseconds until a call may be sent; a second's calls may be sent at once. */
  waitMs(now: number): number {
    return this.#perMs === undefined || this.#streak !== undefined ? 0 : Math.max(0, this.#lastsUntil - now);
  }

  /** Takes over that a call has been sent. */
  sent(now: number): void {
    if (this.#perMs === undefined) return;
    this.#lastsUntil = Math.max(this.#lastsUntil, now - SECOND_MS) + 1 / this.#perMs;
  }

  /** Takes over that a call has got through which began at `startedAt`. */
  passed(startedAt: number, now: number): void {
    this.#total++;
    this.#share -= this.#share / MEMORY;
    this.#trial?.passed();
    this.#note(startedAt);
    if (this.#streak !== undefined) {
      // What began before a refusal says nothing of the time after it.
      if (startedAt > this.#refusedAt) this.#recover(this.#streak, startedAt, now);
    } else if (this.#perMs !== undefined && now - this.#grownAt >= GROWTH_MS) {
      this.#grow(this.#perMs, now);
    }
  }

  /** Takes over an unexplained refusal of a call that began at `startedAt`. Those in flight together are one. */
  refused(startedAt: number, now: number): void {
    this.#share += (1 - this.#share) / MEMORY;
    if (this.#trial !== undefined) {
      if (!this.#trial.refused()) return;
      this.#trialMs = this.#trial.isLong ? TRIAL_MS : 3 * this.#trialMs;
      this.#trial = undefined;
      this.#pacedAt = now;
      this.#perMs = this.#base;
    }
    if (startedAt < this.#refusedAt) return;
    this.#refusedAt = now;
    if (this.#streak !== undefined) {
      this.#streak.asked++;
      return;
    }
    const { at, total } = this.#mark ?? { at: now, total: this.#total };
    const [calls, ms] = [this.#total - total, now - at];
    const between = calls >= ENOUGH || ms >= ENOUGH_MS ? calls / ms : undefined;
    this.#streak = { since: now, between, asked: 0 };
  }

  /** Finds the pace by the first call that has got through after refusals. */
  #recover({ since, between, asked }: Streak, startedAt: number, now: number): void {
    this.#streak = undefined;
    // One refusal among many calls is no limit that they meet: a provider that is busy for a moment refuses so, too.
    if (asked === 0 && this.#share < FEW) return;
    this.#mark = { at: since, total: this.#total - 1 };
    const waited = 1 / Math.max(LEAST_MS, startedAt - this.#refusedAt);
    const found = SHARE * (between ?? Math.max(this.#lastMinute(since), waited));
    const known = this.#perMs;
    const perMs = known === undefined ? found : Math.min(Math.max(found, LEAST_SHARE * known), CEILING * known);
    if (known !== undefined) {
      // Refused again where it was refused before, the limit is still there; elsewhere, it is another one.
      const isSame = this.#ceiling === Infinity && Math.abs(CEILING * known - this.#limit) < SAME * this.#limit;
      this.#ceilingMs = isSame ? Math.min(LONGEST_CEILING_MS, 2 * this.#ceilingMs) : CEILING_MS;
      this.#limit = CEILING * known;
      this.#ceiling = this.#limit;
      this.#ceilingUntil = now + this.#ceilingMs;
    }
    this.#growth = GROWTH;
    this.#pacedAt ??= now;
    this.#perMs = perMs;
    this.#base = perMs;
    this.#grownAt = now;
    this.#lastsUntil = startedAt + 1 / perMs;
    if (now - this.#pacedAt < this.#trialMs) return;
    this.#perMs = undefined;
    this.#trial = new Trial();
  }

  #grow(perMs: number, now: number): void {
    this.#growth *= 2;
    if (now >= this.#ceilingUntil && this.#ceiling < Infinity) {
      this.#ceiling = Infinity;
      this.#growth = GROWTH;
    }
    this.#perMs = Math.min(perMs + this.#growth * this.#base, this.#ceiling);
    this.#grownAt = now;
  }

  #note(at: number): void {
    const last = this.#seconds.at(-1);
    // What began longer ago than anything that is known belongs to the first second.
    const known =
      last && (at >= last.at ? last : (this.#seconds.findLast((each) => each.at <= at) ?? this.#seconds[0]));
    if (known === undefined || at - known.at >= SECOND_MS) this.#seconds.push({ at, calls: 1 });
    else known.calls++;
    // What was before refusals in a row is needed at their end.
    const end = this.#streak?.since ?? at;
    while ((this.#seconds[0]?.at ?? end) <= end - MINUTE_MS) this.#seconds.shift();
  }

  /** Rate of the calls that got through in the minute before `end`, or since the first call. */
  #lastMinute(end: number): number {
    const recent = this.#seconds.filter(({ at }) => at > end - MINUTE_MS && at <= end);
    const total = recent.reduce((sum, { calls }) => sum + calls, 0);
    return total / Math.max(LEAST_MS, end - (recent[0]?.at ?? end));
  }
}
