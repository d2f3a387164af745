import {
  type Clock,
  type Demand,
  type RateLimiter,
  rateLimiter,
  type Reservation,
  type ReserveOptions,
} from "@batchwise/core";

/** Limiter of a batch whose URLs are of one server: an outage of it holds back all calls, and nothing else does. */
export class OutageLimiter implements RateLimiter {
  readonly #limiter: RateLimiter;

  constructor(clock: Clock) {
    this.#limiter = rateLimiter({ clock });
  }

  get outage(): RateLimiter["outage"] {
    return this.#limiter.outage;
  }

  tryReserve(demand: Demand, options?: ReserveOptions): Reservation | undefined {
    const reservation = this.#limiter.tryReserve?.(demand, options);
    return reservation && withoutLimits(reservation);
  }

  async reserve(demand: Demand, options?: ReserveOptions): Promise<Reservation> {
    return withoutLimits(await this.#limiter.reserve(demand, options));
  }
}

/** The same reservation, which hears of no limit: those are the hosts' own. */
function withoutLimits(reservation: Reservation): Reservation {
  return {
    begin: () => reservation.begin?.(),
    settle: ({ outcome }) => reservation.settle({ outcome: outcome === "limited" ? "failed" : outcome }),
  };
}
