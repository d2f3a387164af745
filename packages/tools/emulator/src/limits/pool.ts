import type { Bucket } from "./bucket.ts";
import { FixedWindow } from "./fixed-window.ts";
import { LeakyBucket } from "./leaky-bucket.ts";

/** Quantity that a limit counts. */
export type LimitKind = "requests" | "tokens" | "inputs";

/** Period of a limit. */
type Period = "second" | "minute" | "day";

const PERIOD_MS: Readonly<Record<Period, number>> = { second: 1000, minute: 60_000, day: 86_400_000 };

/** Limits a minute, unless the name says another period; undefined does not limit. */
export interface PoolLimits {
  readonly requestsPerSecond?: number | undefined;
  readonly requests?: number | undefined;
  /** The one that headers report, where it is given. */
  readonly requestsPerDay?: number | undefined;
  readonly tokens?: number | undefined;
  readonly inputs?: number | undefined;
}

/** Name, quantity and period of each limit; of a quantity's limits the last one is reported, unless it is a second's. */
const LIMITS: readonly (readonly [keyof PoolLimits, LimitKind, Period])[] = [
  ["requestsPerSecond", "requests", "second"],
  ["requests", "requests", "minute"],
  ["requestsPerDay", "requests", "day"],
  ["tokens", "tokens", "minute"],
  ["inputs", "inputs", "minute"],
];

/** State of a limit at one moment. */
export interface LimitState {
  readonly limit: number;
  readonly remaining: number;
  readonly resetMs: number;
}

/** Refusal by a limit. */
export interface LimitHit {
  readonly kind: LimitKind;
  readonly per: Period;
  readonly limit: number;
  readonly used: number;
  readonly requested: number;
  /** Milliseconds until it would pass; Infinity when it never will. */
  readonly waitMs: number;
}

interface PoolLimit {
  readonly kind: LimitKind;
  readonly per: Period;
  readonly bucket: Bucket;
}

/** Way in which the limits of a pool count. */
export interface PoolWays {
  /** Share of a minute's worth that may pass at once at the start, 0 to 1. */
  readonly fill: number;
  /** Counts a request even when a limit on requests refuses it. */
  readonly countRefused: boolean;
  /** Counts in fixed windows of the clock instead of refilling evenly. @default false */
  readonly fixedWindows?: boolean | undefined;
}

/** Limits that several requests share. */
export class Pool {
  readonly name: string;
  readonly #limits: readonly PoolLimit[];
  readonly #countRefused: boolean;
  #lastAt: number;

  constructor(name: string, limits: PoolLimits, ways: PoolWays, nowMs: number) {
    this.name = name;
    this.#countRefused = ways.countRefused;
    this.#lastAt = nowMs;
    const Kind = ways.fixedWindows === true ? FixedWindow : LeakyBucket;
    this.#limits = LIMITS.flatMap(([limitName, kind, per]) => {
      const limit = limits[limitName];
      if (limit === undefined) return [];
      const fill = per === "minute" ? ways.fill : 1;
      return [{ kind, per, bucket: new Kind(limit, fill, nowMs, PERIOD_MS[per]) }];
    });
  }

  /** Counts one request, even one that is refused later. */
  takeRequest(nowMs: number): LimitHit | undefined {
    return this.#take({ requests: 1 }, nowMs, this.#countRefused);
  }

  /** Counts the tokens and inputs of a request: all of them, or none. */
  takeWork(work: { readonly tokens: number; readonly inputs: number }, nowMs: number): LimitHit | undefined {
    return this.#take(work, nowMs, false);
  }

  /** Present state of every limit that is reported. */
  states(nowMs: number): Partial<Record<LimitKind, LimitState>> {
    const states: Partial<Record<LimitKind, LimitState>> = {};
    for (const { kind, per, bucket } of this.#limits) {
      // Headers have no way to say that a limit is a second's.
      if (per === "second") continue;
      states[kind] = { limit: bucket.limit, remaining: bucket.remaining(nowMs), resetMs: bucket.resetMs(nowMs) };
    }
    return states;
  }

  /** Use of each limit, as a share of its capacity until the last request: of several on a quantity, the fullest's. */
  use(): Partial<Record<LimitKind, number>> {
    const use: Partial<Record<LimitKind, number>> = {};
    for (const { kind, bucket } of this.#limits) use[kind] = Math.max(use[kind] ?? 0, bucket.use(this.#lastAt));
    return use;
  }

  #take(work: Partial<Record<LimitKind, number>>, nowMs: number, countRefused: boolean): LimitHit | undefined {
    this.#lastAt = nowMs;
    const concerned = this.#limits.filter(({ kind }) => work[kind] !== undefined);
    const full = concerned.find(({ kind, bucket }) => !bucket.fits(work[kind] as number, nowMs));
    if (full === undefined) {
      for (const { kind, bucket } of concerned) bucket.take(work[kind] as number, nowMs);
      return undefined;
    }
    const requested = work[full.kind] as number;
    if (countRefused) full.bucket.penalize(requested, nowMs);
    return hit(full, requested, nowMs);
  }
}

function hit({ kind, per, bucket }: PoolLimit, requested: number, nowMs: number): LimitHit {
  return {
    kind,
    per,
    limit: bucket.limit,
    used: bucket.limit - bucket.remaining(nowMs),
    requested,
    waitMs: bucket.waitMs(requested, nowMs),
  };
}
