import { limiterWith } from "@batchwise/adapter-kit";
import { type Clock, type RateLimiter, rateLimiter, type Reservation } from "@batchwise/core";

/** Limiter of a batch whose URLs are of one server: an outage of it holds back all calls, and nothing else does. */
export function outageLimiter(clock: Clock): RateLimiter {
  const limiter = rateLimiter({ clock });
  return limiterWith(limiter, {
    tryReserve(...call) {
      const reservation = limiter.tryReserve?.(...call);
      return reservation && withoutLimits(reservation);
    },
    reserve: async (...call) => withoutLimits(await limiter.reserve(...call)),
  });
}

/** The same reservation, which hears of no limit: those are the hosts' own. */
function withoutLimits(reservation: Reservation): Reservation {
  return {
    ...reservation,
    settle: ({ outcome }) => reservation.settle({ outcome: outcome === "limited" ? "failed" : outcome }),
  };
}
