import type { Demand, LimitFacts, RateLimitFacts } from "../contract/rate-limiter.ts";
import type { Amounts, Mark } from "./reservation-stats.ts";
import { type Allowance, TokenBucket } from "./token-bucket.ts";

/** Quantity that a limit counts. */
export type Kind = keyof Demand;

export const KINDS: readonly Kind[] = ["requests", "inputs", "tokens", "inputTokens", "outputTokens"];

/** Milliseconds until a limit is whole again that a minute's never takes: it counts a day, or a month. */
const LONGER_MS = 65_000;

const MINUTE_MS = 60_000;

/** Limits that the caller has configured, and besides them those that responses report. */
export class Limits {
  /** Changed here alone, as is the next one. */
  all: readonly (readonly [Kind, Allowance])[];
  /** Amounts that these limits let pass in a minute, 0 of what a longer time limits; undefined where none is known. */
  perMinute: Partial<Record<Kind, number>> | undefined;
  /** True where a response has reported a limit. */
  isReported: boolean = false;
  /** True where a response has shown that its limit on requests is a minute's, by the time in which it fills. */
  isMinute: boolean = false;
  /** Each reported limit is a bucket that is set to what responses say is left. */
  readonly #buckets = new Map<Kind, TokenBucket>();

  constructor(configured: readonly (readonly [Kind, Allowance])[]) {
    this.all = configured;
    this.#summarize();
  }

  /**
   * Takes over what a response reports. Its count was true at some time since the call began. At worst, nothing is in it
   * of what may have come after it; at best all is, and the bucket has refilled all the while.
   *
   * @param start when the call began, and what had been taken and refused by then
   * @param unseen amounts that may be missing in the report
   */
  apply(facts: RateLimitFacts, start: Mark, unseen: Amounts, now: number): void {
    for (const kind of KINDS) {
      const reported = facts[kind];
      if (reported !== undefined) this.#applyOne(kind, reported, start, unseen[kind], now);
    }
  }

  /** A call failed for what it sent, and nothing was said of what it used. */
  failed(demand: Demand, now: number): void {
    for (const [kind, bucket] of this.#buckets) bucket.failed(demand[kind] ?? 0, now);
  }

  #applyOne(kind: Kind, reported: LimitFacts, start: Mark, unseen: number, now: number): void {
    const known = this.#buckets.get(kind);
    let bucket = known;
    const limit = atLeast(reported.limit, Number.MIN_VALUE) ?? bucket?.limit;
    if (limit === undefined) return;
    const left = atLeast(reported.remaining, 0);
    const remaining = Math.min(left ?? limit, limit);
    if (bucket?.limit !== limit) {
      bucket = new TokenBucket(limit, remaining - unseen, now);
      this.#buckets.set(kind, bucket);
      this.isReported = true;
      this.all = [...this.all.filter(([, each]) => each !== known), [kind, bucket]];
      this.#summarize();
    }
    const resetMs = atLeast(reported.resetMs, 0);
    if (resetMs !== undefined && resetMs > LONGER_MS && !bucket.isLong) {
      bucket.isLong = true;
      this.#summarize();
    }
    if (left === undefined) return;
    const { at: since, open, refused, spent } = start;
    const least = remaining - unseen;
    bucket.learn(least, remaining, since, now);
    bucket.gained(remaining, spent[kind] - refused[kind], since, least + open[kind]);
    bucket.wholeIn(limit - remaining, resetMs, now);
    if (kind === "requests" && isFilledIn(MINUTE_MS / limit, limit - remaining, resetMs)) this.isMinute = true;
  }

  #summarize(): void {
    const total: Partial<Record<Kind, number>> = {};
    for (const [kind, { limit, isLong }] of this.all)
      total[kind] = Math.min(total[kind] ?? Infinity, isLong ? 0 : limit);
    this.perMinute = this.all.length === 0 ? undefined : total;
  }
}

/** Tells whether a reset is that of a limit of which one is back each `eachMs`. What is left is told in whole numbers, and the time in milliseconds. */
function isFilledIn(eachMs: number, used: number, resetMs: number = 0): boolean {
  return resetMs > Math.max(0, (used - 1) * eachMs - 1) && resetMs <= used * eachMs + 1;
}

/** `value` where it is a finite number from `least`; headers hold all kinds of things. */
function atLeast(value: number | undefined, least: number): number | undefined {
  return value !== undefined && Number.isFinite(value) && value >= least ? value : undefined;
}
