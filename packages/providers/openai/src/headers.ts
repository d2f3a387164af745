import type { HeadersLike, LimitFacts, RateLimitFacts } from "@batchwise/core";

/**
 * What a response says of the limits: `x-ratelimit-{limit,remaining,reset}-{requests,tokens,project-tokens}`.
 * Undefined where it says nothing.
 *
 * Source: https://developers.openai.com/api/docs/guides/rate-limits, checked 2026-11-24.
 */
export function rateLimitsOf(headers: HeadersLike): RateLimitFacts | undefined {
  const requests = factsOf(headers, "requests");
  const tokens = tighter(factsOf(headers, "tokens"), factsOf(headers, "project-tokens"));
  if (requests === undefined && tokens === undefined) return undefined;
  return { ...(requests && { requests }), ...(tokens && { tokens }) };
}

/** `1s`, `6m0s`, `20ms`, `1h2m3.5s`, or a bare number of seconds, in milliseconds; undefined for anything else. */
export function durationMs(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * MILLISECONDS.s;
  if (!/^(\d+(\.\d+)?(ms|us|µs|ns|d|h|m|s))+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|us|µs|ns|d|h|m|s)/g)) {
    sum += Number(amount) * MILLISECONDS[unit as keyof typeof MILLISECONDS];
  }
  return sum;
}

const MILLISECONDS = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function factsOf(headers: HeadersLike, pool: string): LimitFacts | undefined {
  // Azure sends 0 or -1 for a limit that it does not tell.
  const limit = numberOf(headers.get(`x-ratelimit-limit-${pool}`), 1);
  const remaining = numberOf(headers.get(`x-ratelimit-remaining-${pool}`), 0);
  const resetMs = durationMs(headers.get(`x-ratelimit-reset-${pool}`)?.trim() ?? "");
  if (limit === undefined && remaining === undefined) return undefined;
  return {
    ...(limit === undefined ? {} : { limit }),
    ...(remaining === undefined ? {} : { remaining }),
    ...(resetMs === undefined ? {} : { resetMs }),
  };
}

/** Both hold: the lower limit, and the less that is left. A reset belongs to its own pool's remainder. */
function tighter(left: LimitFacts | undefined, right: LimitFacts | undefined): LimitFacts | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  const [low, high] = (left.limit ?? Infinity) <= (right.limit ?? Infinity) ? [left, right] : [right, left];
  if ((high.remaining ?? Infinity) >= (low.remaining ?? Infinity)) return low;
  return { ...(low.limit === undefined ? {} : { limit: low.limit }), remaining: high.remaining as number };
}

function numberOf(text: string | null | undefined, least: number): number | undefined {
  const value = text?.trim() ? Number(text) : Number.NaN;
  return Number.isFinite(value) && value >= least ? value : undefined;
}
