import type { Demand, LimitFacts, RateLimitFacts } from "../contract/rate-limiter.ts";
import { type Allowance, TokenBucket } from "./token-bucket.ts";

/** Quantity that a limit counts. */
export type Kind = keyof Demand;

export const KINDS: readonly Kind[] = ["requests", "inputs", "tokens"];

const MINUTE_MS = 60_000;

/** Limits that the caller has configured, and besides them those that responses report. */
export class Limits {
  /** Changed here alone, as is the next one. */
  all: readonly (readonly [Kind, Allowance])[];
  /** Amounts that the reported limits let pass in a millisecond; undefined where none is reported. */
  perMs: Partial<Record<Kind, number>> | undefined;
  /** Each reported limit is a bucket that is set to what responses say is left. */
  readonly #buckets = new Map<Kind, TokenBucket>();

  constructor(configured: readonly (readonly [Kind, Allowance])[]) {
    this.all = configured;
  }

  /**
   * Takes over what a response reports. Its count was true at some time since the call began. At worst, nothing is in it
   * of what may have come after it; at best all is, and the bucket has refilled all the while.
   *
   * @param since when the call began
   * @param unseen amounts that may be missing in the report
   */
  apply(facts: RateLimitFacts, since: number, unseen: Demand, now: number): void {
    for (const kind of KINDS) {
      const reported = facts[kind];
      if (reported !== undefined) this.#applyOne(kind, reported, since, unseen[kind], now);
    }
  }

  #applyOne(kind: Kind, reported: LimitFacts, since: number, unseen: number, now: number): void {
    const known = this.#buckets.get(kind);
    let bucket = known;
    const limit = atLeast(reported.limit, Number.MIN_VALUE) ?? bucket?.limit;
    if (limit === undefined) return;
    const left = atLeast(reported.remaining, 0);
    const remaining = Math.min(left ?? limit, limit);
    if (bucket?.limit !== limit) {
      bucket = new TokenBucket(limit, remaining - unseen, now);
      this.#buckets.set(kind, bucket);
      this.all = [...this.all.filter(([, each]) => each !== known), [kind, bucket]];
      this.perMs = { ...this.perMs, [kind]: limit / MINUTE_MS };
    }
    if (left === undefined) return;
    bucket.learn(remaining - unseen, remaining, since, now);
    bucket.wholeIn(limit - remaining, atLeast(reported.resetMs, 0), now);
  }
}

/** `value` where it is a finite number from `least`; headers hold all kinds of things. */
function atLeast(value: number | undefined, least: number): number | undefined {
  return value !== undefined && Number.isFinite(value) && value >= least ? value : undefined;
}
