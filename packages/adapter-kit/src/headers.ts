import type { HeadersLike, LimitFacts, RateLimitFacts } from "@batchwise/core";
import { defined } from "./defined.ts";

/** Names of the headers that tell one limit. */
export interface LimitHeaders {
  readonly limit: string;
  readonly remaining?: string;
  /** Header that says until when: a duration, seconds, or a date. */
  readonly reset?: string;
}

/**
 * Limits a minute in headers; undefined where they say nothing.
 *
 * @param pools names of the headers. Where several limits hold at once, such as an account's and a project's, the tighter one
 * counts.
 */
export function limitsIn(
  headers: HeadersLike,
  pools: { readonly [Kind in keyof RateLimitFacts]?: readonly LimitHeaders[] },
): RateLimitFacts | undefined {
  const facts: [string, LimitFacts][] = [];
  for (const [kind, all] of Object.entries(pools)) {
    const limit = all.map((names) => limitIn(headers, names)).reduce(tighter, undefined);
    if (limit !== undefined) facts.push([kind, limit]);
  }
  return facts.length === 0 ? undefined : Object.fromEntries(facts);
}

function limitIn(headers: HeadersLike, names: LimitHeaders): LimitFacts | undefined {
  const read = (name: string | undefined): string => (name && headers.get(name)?.trim()) || "";
  // Azure sends 0 or -1 for a limit that it does not tell.
  const limit = numberFrom(read(names.limit), 1);
  const remaining = numberFrom(read(names.remaining), 0);
  if (limit === undefined && remaining === undefined) return undefined;
  return defined({ limit, remaining, resetMs: resetMs(read(names.reset)) });
}

/**
 * `x-ratelimit-{limit,remaining,reset}-{requests,tokens,project-tokens}` as limits a minute: OpenAI's, and those of servers
 * that send the same names in the same sense. Undefined where they say nothing.
 *
 * Source: https://developers.openai.com/api/docs/guides/rate-limits, checked 2026-11-24.
 */
export function xRateLimits(headers: HeadersLike): RateLimitFacts | undefined {
  return limitsIn(headers, { requests: [named("requests")], tokens: [named("tokens"), named("project-tokens")] });
}

function named(name: string): LimitHeaders {
  const of = (part: string): string => `x-ratelimit-${part}-${name}`;
  return { limit: of("limit"), remaining: of("remaining"), reset: of("reset") };
}

/** Both hold: the lower limit, and the less that is left. A reset belongs to its own pool's remainder. */
function tighter(left: LimitFacts | undefined, right: LimitFacts | undefined): LimitFacts | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  const [low, high] = (left.limit ?? Infinity) <= (right.limit ?? Infinity) ? [left, right] : [right, left];
  if ((high.remaining ?? Infinity) >= (low.remaining ?? Infinity)) return low;
  return defined({ limit: low.limit, remaining: high.remaining });
}

/**
 * Milliseconds that a reset takes: `1s`, `6m0s`, `20ms`, `1h2m3.5s`, `PT30S`, a bare number of seconds, or a date, be it in
 * seconds or milliseconds since 1970. Undefined for anything else.
 *
 * @param now the time of day in milliseconds, against which a date is held
 */
export function resetMs(text: string, now: number = Date.now()): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) {
    const seconds = Number(text);
    // A wait of 30 years is none: it is a time.
    return seconds < 1e9 ? seconds * 1000 : Math.max(0, (seconds < 1e11 ? seconds * 1000 : seconds) - now);
  }
  if (/^\d{4}-\d\d-\d\dT/.test(text)) return Math.max(0, Date.parse(text) - now) || 0;
  return /^(P(?=.)(\d+D)?(T([\d.]+[HMS])+)?|(\d+(\.\d+)?(ms|us|µs|ns|d|h|m|s))+)$/.test(text)
    ? durationMs(text)
    : undefined;
}

/** Milliseconds of all amounts in a text, whose units may be words: `1m2.3s`, `1 hour, 20 seconds`, `1分30秒`. */
export function durationMs(text: string): number {
  const amounts = [...text.matchAll(/(\d+(?:\.\d+)?)\s*([µa-z]+|[毫秒分小時天])/gi)];
  return amounts.reduce((sum, [, amount, unit = ""]) => sum + Number(amount) * millisecondsOf(unit.toLowerCase()), 0);
}

function millisecondsOf(unit: string): number {
  const first = unit.charAt(0);
  return LATIN[unit.startsWith("milli") ? "ms" : unit] ?? LATIN[first] ?? HAN[first] ?? 0;
}

const LATIN: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1e3,
  m: 6e4,
  h: 36e5,
  d: 864e5,
};
/** The first characters of units in Chinese and Japanese. */
const HAN: Readonly<Record<string, number>> = { 毫: 1, 秒: 1e3, 分: 6e4, 小: 36e5, 時: 36e5, 天: 864e5 };

function numberFrom(text: string, least: number): number | undefined {
  const value = text === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) && value >= least ? value : undefined;
}
