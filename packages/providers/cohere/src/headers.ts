import { limitIn } from "@batchwise/adapter-kit";
import type { HeadersLike, RateLimitFacts } from "@batchwise/core";

/**
 * What Cohere says of a key's limits. It says so for trial keys alone, and not on a 429: the calls of this endpoint
 * in a minute, and how many of them are left.
 */
export function limitsIn(headers: HeadersLike): RateLimitFacts | undefined {
  const requests = limitIn(headers, {
    limit: "x-trial-endpoint-call-limit",
    remaining: "x-trial-endpoint-call-remaining",
  });
  return requests?.limit === undefined ? undefined : { requests };
}
