import { LeakyBucket } from "./leaky-bucket.ts";

/** Quantity that a limit counts. */
export type LimitKind = "requests" | "tokens" | "inputs";

/** Limits a minute; undefined does not limit. */
export interface PoolLimits {
  readonly requests?: number | undefined;
  readonly tokens?: number | undefined;
  readonly inputs?: number | undefined;
}

/** State of a limit at one moment. */
export interface LimitState {
  readonly limit: number;
  readonly remaining: number;
  readonly resetMs: number;
}

/** Refusal by a limit. */
export interface LimitHit {
  readonly kind: LimitKind;
  readonly limit: number;
  readonly used: number;
  readonly requested: number;
  /** Milliseconds until it would pass; Infinity when it never will. */
  readonly waitMs: number;
}

/** Limits that several requests share. */
export class Pool {
  readonly name: string;
  readonly #buckets = new Map<LimitKind, LeakyBucket>();
  readonly #countRefused: boolean;
  #lastAt: number;

  constructor(name: string, limits: PoolLimits, fill: number, countRefused: boolean, nowMs: number) {
    this.name = name;
    this.#countRefused = countRefused;
    this.#lastAt = nowMs;
    for (const kind of ["requests", "tokens", "inputs"] as const) {
      const limit = limits[kind];
      if (limit !== undefined) this.#buckets.set(kind, new LeakyBucket(limit, fill, nowMs));
    }
  }

  /** Counts one request, even one that is refused later. */
  takeRequest(nowMs: number): LimitHit | undefined {
    this.#lastAt = nowMs;
    const bucket = this.#buckets.get("requests");
    if (bucket === undefined || bucket.take(1, nowMs)) return undefined;
    if (this.#countRefused) bucket.penalize(1, nowMs);
    return hit("requests", bucket, 1, nowMs);
  }

  /** Counts the tokens and inputs of a request: all of them, or none. */
  takeWork(work: { readonly tokens: number; readonly inputs: number }, nowMs: number): LimitHit | undefined {
    this.#lastAt = nowMs;
    for (const kind of ["tokens", "inputs"] as const) {
      const bucket = this.#buckets.get(kind);
      if (bucket !== undefined && !bucket.fits(work[kind], nowMs)) return hit(kind, bucket, work[kind], nowMs);
    }
    for (const kind of ["tokens", "inputs"] as const) this.#buckets.get(kind)?.take(work[kind], nowMs);
    return undefined;
  }

  /** Present state of every limit. */
  states(nowMs: number): Partial<Record<LimitKind, LimitState>> {
    const states: Partial<Record<LimitKind, LimitState>> = {};
    for (const [kind, bucket] of this.#buckets) {
      states[kind] = { limit: bucket.limit, remaining: bucket.remaining(nowMs), resetMs: bucket.resetMs(nowMs) };
    }
    return states;
  }

  /** Use of each limit, as a share of its capacity until the last request. */
  use(): Partial<Record<LimitKind, number>> {
    const use: Partial<Record<LimitKind, number>> = {};
    for (const [kind, bucket] of this.#buckets) use[kind] = bucket.use(this.#lastAt);
    return use;
  }
}

function hit(kind: LimitKind, bucket: LeakyBucket, requested: number, nowMs: number): LimitHit {
  return {
    kind,
    limit: bucket.limit,
    used: bucket.limit - bucket.remaining(nowMs),
    requested,
    waitMs: bucket.waitMs(requested, nowMs),
  };
}
