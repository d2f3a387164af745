import { type Clock, sleep } from "../contract/clock.ts";
import type { Demand, OutageFacts, RateLimiter, Reservation, ReserveOptions } from "../contract/rate-limiter.ts";
import { IS_WORKERD } from "../contract/runtime.ts";

/** The limiter as it is; on workerd one that polls it. */
export function polledOnWorkerd(limiter: Required<RateLimiter>, clock: Clock): RateLimiter {
  return IS_WORKERD ? new PolledLimiter(limiter, clock) : limiter;
}

/** Milliseconds between two looks of a call that waits, besides those that the rates let it wait, and at most. */
const LOOK_MS = 20;
const SECOND_MS = 1000;
/** Milliseconds without a sign of a call's request after which it is gone. */
const GONE_MS = 3 * SECOND_MS;

/**
 * Limiter whose calls wait by timers of their own, as requests share it and none can wake another.
 *
 * The end of a call whose request is gone, as its client has closed the connection, is never told. With the request its
 * timers end: so each call in flight gives a sign every second, and is settled without one.
 */
class PolledLimiter implements RateLimiter {
  readonly #limiter: Required<RateLimiter>;
  readonly #clock: Clock;
  readonly #seenAt = new Map<Reservation, number>();

  constructor(limiter: Required<RateLimiter>, clock: Clock) {
    this.#limiter = limiter;
    this.#clock = clock;
  }

  get probing(): boolean {
    return this.#limiter.probing === true;
  }

  get outage(): OutageFacts | undefined {
    return this.#limiter.outage;
  }

  get silentMs(): number | undefined {
    return this.#limiter.silentMs;
  }

  get perMinute(): Partial<Demand> | undefined {
    return this.#limiter.perMinute;
  }

  waitMs(demand: Demand): number {
    return this.#limiter.waitMs(demand);
  }

  shortestMs(demand: Demand): number | undefined {
    return this.#limiter.shortestMs(demand);
  }

  tryReserve(demand: Demand, options?: ReserveOptions): Reservation | undefined {
    const reservation = this.#limiter.tryReserve(demand, options);
    if (reservation === undefined) return undefined;
    this.#watch(reservation);
    return {
      ...reservation,
      settle: (settlement) => {
        this.#seenAt.delete(reservation);
        reservation.settle(settlement);
      },
    };
  }

  async reserve(demand: Demand, options: ReserveOptions = {}): Promise<Reservation> {
    for (;;) {
      options.signal?.throwIfAborted();
      this.#settleGone();
      const reservation = this.tryReserve(demand, options);
      if (reservation !== undefined) return reservation;
      await sleep(Math.min(LOOK_MS + this.waitMs(demand), SECOND_MS), this.#clock, options.signal);
    }
  }

  #watch(reservation: Reservation): void {
    this.#seenAt.set(reservation, this.#clock.now());
    this.#clock.after(SECOND_MS, () => {
      if (this.#seenAt.has(reservation)) this.#watch(reservation);
    });
  }

  /** Settles the calls that are gone. The tokens and inputs that they have taken stay taken. */
  #settleGone(): void {
    const oldest = this.#clock.now() - GONE_MS;
    for (const [reservation, seenAt] of this.#seenAt) {
      if (seenAt >= oldest) continue;
      this.#seenAt.delete(reservation);
      reservation.settle({ outcome: "failed", used: { requests: 0 } });
    }
  }
}
