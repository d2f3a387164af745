import type { HeadersLike, RateLimitFacts } from "@batchwise/core";

/**
 * What Cohere says of a key's limits. It says so for trial keys alone, and not on a 429: the calls of this endpoint
 * in a minute, and how many of them are left.
 */
export function limitsIn(headers: HeadersLike): RateLimitFacts | undefined {
  const limit = count(headers.get("x-trial-endpoint-call-limit"));
  if (limit === undefined || limit === 0) return undefined;
  const remaining = count(headers.get("x-trial-endpoint-call-remaining"));
  return { requests: { limit, ...(remaining === undefined ? {} : { remaining }) } };
}

/** Cohere's own id of the request, for its support. */
export function requestIdIn(headers: HeadersLike): string | undefined {
  const id = headers.get("x-debug-trace-id") ?? "";
  return /^[\w-]{1,80}$/.test(id) ? id : undefined;
}

function count(text: string | null | undefined): number | undefined {
  return /^\s*\d{1,9}\s*$/.test(text ?? "") ? Number(text) : undefined;
}
