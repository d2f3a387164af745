import { type Clock, systemClock } from "../contract/clock.ts";
import type { Demand, RateLimiter, Reservation, ReserveOptions, Settlement } from "../contract/rate-limiter.ts";
import { InFlightLimit } from "./in-flight-limit.ts";
import { Outage } from "./outage.ts";
import { Pace } from "./pace.ts";
import { Pause } from "./pause.ts";
import { polledOnWorkerd } from "./polled-limiter.ts";
import { type Kind, Limits } from "./limits.ts";
import { configured, type RateLimiterOptions } from "./rate-limiter-options.ts";
import { ReservationStats, usedOf } from "./reservation-stats.ts";
import type { Taken } from "./token-bucket.ts";
import { Waitlist } from "./waitlist.ts";

/**
 * A limiter for one process. Give the same one to every Runnable that uses the same key.
 *
 * A configured limit holds in any window of a minute, or of a day. Limits that responses report hold besides it. Where none
 * is reported, concurrency adapts: it halves when the provider refuses a call and grows by one for each round that it does
 * not. A refusal pauses all calls: for as long as the provider asks, or for a backoff of our own.
 *
 * @throws ArgumentError for a limit that is not a number above 0.
 *
 * @example
 * const limiter = rateLimiter({ requestsPerMinute: 3_000, tokensPerMinute: 1_000_000 });
 * const outputs = await runnable.batch(inputs, { limiter });
 */
export function rateLimiter(options: RateLimiterOptions = {}): RateLimiter {
  return polledOnWorkerd(new LocalRateLimiter(options), options.clock ?? systemClock);
}

/** Call that was sent: the so manieth, and when it began. */
interface Sent {
  readonly number: number;
  readonly startedAt: number;
}

class LocalRateLimiter implements Required<RateLimiter> {
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #inFlight: InFlightLimit;
  readonly #stats = new ReservationStats();
  readonly #waitlist = new Waitlist();
  readonly #pause = new Pause();
  readonly #pace = new Pace();
  readonly #outage = new Outage();
  #exhaustedAt = -Infinity;
  /** True where the limits that are known explain the last refusal. */
  #isExplained = false;
  #cancelTimer: (() => void) | undefined;

  constructor(options: RateLimiterOptions) {
    this.#clock = options.clock ?? systemClock;
    this.#inFlight = new InFlightLimit(options.concurrency ?? Infinity);
    this.#limits = new Limits(configured(options));
  }

  get probing(): boolean {
    return this.#inFlight.isProbing;
  }

  get outage(): RateLimiter["outage"] {
    return this.#outage.facts;
  }

  get silentMs(): number | undefined {
    return this.#outage.silentMs(this.#clock.now());
  }

  get perMinute(): Partial<Demand> | undefined {
    return this.#limits.perMinute;
  }

  tryReserve(demand: Demand, options: ReserveOptions = {}): Reservation | undefined {
    if (this.#waitlist.isAheadOf(options) || !this.#hasRoom(options)) return undefined;
    return this.waitMs(demand) === 0 ? this.#admit(demand) : undefined;
  }

  reserve(demand: Demand, options: ReserveOptions = {}): Promise<Reservation> {
    const reservation = this.#waitlist.join(demand, options, () => this.#serve());
    this.#serve();
    return reservation;
  }

  waitMs(demand: Demand): number {
    const now = this.#clock.now();
    let longest = Math.max(this.#pause.leftMs(now), this.#pace.waitMs(now), (this.#outage.facts?.until ?? now) - now);
    for (const [kind, allowance] of this.#limits.all)
      longest = Math.max(longest, allowance.waitMs(demand[kind] ?? 0, now));
    return longest;
  }

  shortestMs(demand: Demand): number | undefined {
    if (this.#limits.all.length === 0) return undefined;
    const now = this.#clock.now();
    const waits = this.#limits.all.map(([kind, allowance]) => allowance.shortestMs(demand[kind] ?? 0, now));
    return Math.max(this.#pause.leftMs(now), ...waits);
  }

  /** Grants what may pass now, in order, and arms a timer for the first call that may not. */
  #serve(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    for (let { first } = this.#waitlist; first !== undefined; { first } = this.#waitlist) {
      // Where there is no room, the end of a call in flight will serve the waitlist again.
      if (!this.#hasRoom(first.options)) {
        const now = this.#clock.now();
        const at = Math.min(this.#inFlight.nextAt(now), this.#pace.isFree ? Infinity : this.#pace.nextAt);
        if (at < Infinity) this.#serveIn(Math.max(1, at - now));
        return;
      }
      const waitMs = this.waitMs(first.demand);
      if (waitMs > 0) {
        this.#serveIn(waitMs);
        return;
      }
      first.grant(this.#admit(first.demand));
    }
  }

  #serveIn(ms: number): void {
    this.#cancelTimer = this.#clock.after(ms, () => this.#serve());
  }

  #hasRoom({ concurrency, nested = false }: ReserveOptions): boolean {
    // A call inside of one that is in flight must not wait for its end.
    if (nested) return true;
    const now = this.#clock.now();
    const room = this.#pace.isFree ? 1 : this.#pace.roomAt(now, this.#inFlight.latencyMs);
    if (this.#outage.facts !== undefined) return this.#inFlight.busy(now) === 0;
    return room > 0 && this.#inFlight.hasRoom(concurrency, this.#limits, room, now);
  }

  #admit(demand: Demand): Reservation {
    const now = this.#clock.now();
    const taken: [Kind, Taken][] = [];
    for (const [kind, allowance] of this.#limits.all) taken.push([kind, allowance.take(demand[kind] ?? 0, now)]);
    const number = this.#pace.sent(now);
    let start = this.#stats.mark(now);
    this.#stats.reserve(demand);
    this.#inFlight.begins(now);
    let isSettled = false;
    return {
      waitMs: () => this.#pause.leftMs(this.#clock.now()),
      begin: () => {
        const later = this.#clock.now();
        start = this.#stats.markAgain(later, demand);
        for (const [, each] of taken) each.begin(later);
      },
      settle: (settlement) => {
        if (isSettled) return;
        isSettled = true;
        const end = this.#clock.now();
        const used = usedOf(demand, settlement);
        this.#stats.settle(demand, used, settlement.outcome === "limited");
        for (const [kind, each] of taken) {
          const more = (demand[kind] ?? 0) - (used[kind] ?? 0);
          if (more !== 0) each.correct(more, end);
        }
        if (settlement.outcome === "failed" && settlement.used === undefined) this.#limits.failed(demand, end);
        this.#inFlight.ended(now, end - start.at, used, settlement.outcome === "ok");
        if (settlement.limits !== undefined) {
          this.#limits.apply(settlement.limits, start, this.#stats.unseen(start, used), end);
          if (this.#limits.isReported) this.#inFlight.answered(this.#limits.isMinute);
        }
        this.#apply(settlement, demand, used, { number, startedAt: start.at }, end);
        this.#serve();
      },
    };
  }

  /** A refusal, or a provider's wish to wait, holds for all calls. */
  #apply(settlement: Settlement, demand: Demand, used: Demand, { number, startedAt }: Sent, now: number): void {
    const { outcome } = settlement;
    // What failed for another reason got through the limits, too: a call that took too long was not refused by one.
    const hasPassed = outcome !== "limited" && used.requests > 0;
    // A provider that is out says nothing of its limits.
    if (hasPassed && outcome !== "unavailable") this.#pace.passed(number, startedAt, now);
    else if (outcome !== "limited") this.#pace.withdrawn(startedAt);
    if (outcome === "limited") {
      // Of calls in flight together, the first refusal tells.
      if (startedAt >= this.#exhaustedAt)
        this.#isExplained = this.#limits.all.some(([kind, allowance]) => allowance.waitMs(demand[kind] ?? 0, now) > 0);
      // Where less is left of a limit than was asked for, to wait is enough.
      if (this.#isExplained && !this.#pace.isVain) this.#pace.withdrawn(startedAt);
      else this.#pace.refused(number, startedAt, now);
      if (this.#pace.isLimit) this.#inFlight.refused(startedAt, now);
      if (settlement.limits === undefined && startedAt >= this.#exhaustedAt && !this.#pace.isVain) {
        for (const [, allowance] of this.#limits.all) allowance.exhaust(now);
        this.#exhaustedAt = now;
      }
    }
    // What is refused at any pace waits by itself.
    if (outcome !== "limited" || !this.#pace.isVain) this.#pause.apply(settlement, startedAt, now);
    if (outcome === "unavailable") this.#outage.failed(startedAt, now, this.#inFlight.count + 1);
    // A refusal by a limit says nothing of what is behind it, and what was not sent after all was not answered.
    else if (hasPassed) this.#outage.answered(startedAt, now);
  }
}
