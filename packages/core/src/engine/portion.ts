import type { Demand, RateLimiter } from "../limits/rate-limiter.ts";
import type { Request } from "./request.ts";

/** What a request weighs that finds out the limits: little, since a bucket may be all but empty. */
const PROBE_TOKENS = 10_000;
/** Inputs that are not worth to be cut. */
const SMALLEST = 16;
/** What a shorter wait for a smaller request must save, in milliseconds, to be worth a request of its own. */
const WORTH_MS = 25;

/** How many inputs of a request go out first while nothing is known of the limits. */
export function probePortion(request: Request<unknown>): number {
  return Math.max(1, request.countWithin(PROBE_TOKENS));
}

/**
 * How many inputs of a request go out next near the end of a batch: at most `most`, where it would wait for its tokens.
 * Nobody is to wait at the end for one large answer, or for the hunt in one.
 */
export function lastPortion(
  { size }: Request<unknown>,
  demand: Demand,
  limiter: RateLimiter | undefined,
  most: number,
): number {
  const portion = Math.max(SMALLEST, Math.ceil(most));
  if (!(portion < size) || limiter?.waitMs === undefined) return size;
  const tokens = (demand.tokens * portion) / size;
  const saved = limiter.waitMs(demand) - limiter.waitMs({ requests: 1, inputs: portion, tokens });
  return saved < WORTH_MS ? size : portion;
}
