import { limitsIn } from "@batchwise/adapter-kit";
import type { HeadersLike, RateLimitFacts } from "@batchwise/core";

/**
 * Limits of a key. Cohere reports them for trial keys alone, and not on a 429: the calls of this endpoint
 * in a minute, and how many of them are left.
 */
export function rateLimitsOf(headers: HeadersLike): RateLimitFacts | undefined {
  const calls = { limit: "x-trial-endpoint-call-limit", remaining: "x-trial-endpoint-call-remaining" };
  const facts = limitsIn(headers, { requests: [calls] });
  return facts?.requests?.limit === undefined ? undefined : facts;
}
