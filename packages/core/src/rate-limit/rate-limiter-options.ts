import type { Clock } from "../contract/clock.ts";
import { type Check, checkAll, CLOCK, COUNT, POSITIVE } from "../contract/option-checks.ts";
import { type Kind, KINDS } from "./limits.ts";
import { SlidingWindow } from "./sliding-window.ts";
import type { Allowance } from "./token-bucket.ts";

/** Options of `rateLimiter`. */
export interface RateLimiterOptions {
  /** Calls a minute. @default unlimited until a response reports a limit */
  readonly requestsPerMinute?: number | undefined;
  /** Tokens a minute. @default unlimited until a response reports a limit */
  readonly tokensPerMinute?: number | undefined;
  /** Inputs a minute. @default unlimited until a response reports a limit */
  readonly inputsPerMinute?: number | undefined;
  /** Tokens of inputs a minute, where the provider limits them apart. @default unlimited until a response reports a limit */
  readonly inputTokensPerMinute?: number | undefined;
  /** Tokens of answers a minute, where the provider limits them apart. @default unlimited until a response reports a limit */
  readonly outputTokensPerMinute?: number | undefined;
  /** Calls in any 24 hours, besides those a minute, as are the next four. @default unlimited */
  readonly requestsPerDay?: number | undefined;
  readonly tokensPerDay?: number | undefined;
  readonly inputsPerDay?: number | undefined;
  readonly inputTokensPerDay?: number | undefined;
  readonly outputTokensPerDay?: number | undefined;
  /**
   * Calls in flight where no response reports a limit. The very first call goes alone, to find out; once limits are
   * reported, as many are in flight as rate and latency come to. A whole number from 1. @default unlimited
   */
  readonly concurrency?: number | undefined;
  /** Time, for tests. @default the machine's clock */
  readonly clock?: Clock | undefined;
}

/**
 * Limits that the caller has configured.
 *
 * @throws ArgumentError for an option that can't be worked with.
 */
export function configured(options: RateLimiterOptions): (readonly [Kind, Allowance])[] {
  checkAll("options", options, CHECKS);
  return RATES.flatMap(({ kind, name, windowMs }): (readonly [Kind, Allowance])[] => {
    const limit = options[name] ?? Infinity;
    return limit === Infinity ? [] : [[kind, new SlidingWindow(limit, windowMs)]];
  });
}

const WINDOWS = { Minute: 60_000, Day: 86_400_000 };
const RATES = KINDS.flatMap((kind) =>
  (["Minute", "Day"] as const).map((time) => ({ kind, name: `${kind}Per${time}` as const, windowMs: WINDOWS[time] })),
);
const CHECKS: Record<string, Check> = {
  ...Object.fromEntries(RATES.map(({ name }) => [name, POSITIVE])),
  concurrency: COUNT,
  clock: CLOCK,
};
