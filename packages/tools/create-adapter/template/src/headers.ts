import { xRateLimits } from "@batchwise/adapter-kit";
import type { HeadersLike, RateLimitFacts } from "@batchwise/core";

/**
 * Limits in a response, with which the engine keeps to them unasked. Undefined where there are none.
 *
 * TODO: the page that describes My Provider's headers. Where they have other names, `limitsIn` of the kit reads them.
 */
export function rateLimitsOf(headers: HeadersLike): RateLimitFacts | undefined {
  return xRateLimits(headers);
}
