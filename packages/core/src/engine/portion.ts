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
 * How many inputs of a request go out next, where `left` inputs, these included, are without an outcome. Near the end a
 * request that would wait for its tokens is cut, so that nobody waits for one large answer, or for the hunt in one: each
 * is at most `share` of what is left.
 */
export function lastPortion(
  { size }: Request<unknown>,
  demand: Demand,
  limiter: RateLimiter | undefined,
  left: number,
  share: number,
): number {
  const portion = Math.max(SMALLEST, Math.ceil(left * share));
  if (portion >= size || limiter?.waitMs === undefined) return size;
  const tokens = (demand.tokens * portion) / size;
  const saved = limiter.waitMs(demand) - limiter.waitMs({ requests: 1, inputs: portion, tokens });
  return saved < WORTH_MS ? size : portion;
}
