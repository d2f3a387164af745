import type { HeadersLike, LimitFacts, RateLimitFacts } from "@batchwise/core";

/**
 * What a response says of the limits, with which the engine keeps to them unasked. Undefined where it says nothing.
 *
 * TODO: My Provider's own headers, and the page that describes them.
 */
export function rateLimitsOf(headers: HeadersLike): RateLimitFacts | undefined {
  const requests = factsOf(headers, "requests");
  const tokens = factsOf(headers, "tokens");
  if (requests === undefined && tokens === undefined) return undefined;
  return { ...(requests && { requests }), ...(tokens && { tokens }) };
}

/** `x-ratelimit-limit-requests: 3000`, `x-ratelimit-remaining-requests: 2999`, `x-ratelimit-reset-requests: 0.02` (seconds). */
function factsOf(headers: HeadersLike, pool: "requests" | "tokens"): LimitFacts | undefined {
  const limit = numberOf(headers.get(`x-ratelimit-limit-${pool}`));
  const remaining = numberOf(headers.get(`x-ratelimit-remaining-${pool}`));
  const resetSeconds = numberOf(headers.get(`x-ratelimit-reset-${pool}`));
  if (limit === undefined) return undefined;
  return {
    limit,
    ...(remaining === undefined ? {} : { remaining }),
    ...(resetSeconds === undefined ? {} : { resetMs: resetSeconds * 1000 }),
  };
}

function numberOf(text: string | null | undefined): number | undefined {
  return /^\d+(\.\d+)?$/.test(text ?? "") ? Number(text) : undefined;
}
