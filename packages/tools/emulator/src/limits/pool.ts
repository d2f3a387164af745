import { Meter } from "./meter.ts";

/** What a limit counts. */
export type LimitKind = "requests" | "tokens" | "inputs";

/** What may pass in a minute; undefined does not limit. */
export interface PoolLimits {
  readonly requests?: number | undefined;
  readonly tokens?: number | undefined;
  readonly inputs?: number | undefined;
}

/** One limit at one moment. */
export interface LimitState {
  readonly limit: number;
  readonly remaining: number;
  readonly resetMs: number;
}

/** Why a limit refused. */
export interface LimitHit {
  readonly kind: LimitKind;
  readonly limit: number;
  readonly used: number;
  readonly requested: number;
  /** Milliseconds until it would pass; Infinity where it never will. */
  readonly waitMs: number;
}

/** The limits that some requests share. */
export class Pool {
  readonly name: string;
  readonly #meters = new Map<LimitKind, Meter>();
  readonly #countRefused: boolean;
  #lastAt: number;

  constructor(name: string, limits: PoolLimits, fill: number, countRefused: boolean, nowMs: number) {
    this.name = name;
    this.#countRefused = countRefused;
    this.#lastAt = nowMs;
    for (const kind of ["requests", "tokens", "inputs"] as const) {
      const limit = limits[kind];
      if (limit !== undefined) this.#meters.set(kind, new Meter(limit, fill, nowMs));
    }
  }

  /** Counts one request. A request counts even when it is refused, for whatever reason. */
  takeRequest(nowMs: number): LimitHit | undefined {
    this.#lastAt = nowMs;
    const meter = this.#meters.get("requests");
    if (meter === undefined || meter.take(1, nowMs)) return undefined;
    if (this.#countRefused) meter.drain(1, nowMs);
    return hit("requests", meter, 1, nowMs);
  }

  /** Counts what a request asks for: all of it, or nothing. */
  takeWork(work: { readonly tokens: number; readonly inputs: number }, nowMs: number): LimitHit | undefined {
    this.#lastAt = nowMs;
    for (const kind of ["tokens", "inputs"] as const) {
      const meter = this.#meters.get(kind);
      if (meter !== undefined && !meter.fits(work[kind], nowMs)) return hit(kind, meter, work[kind], nowMs);
    }
    for (const kind of ["tokens", "inputs"] as const) this.#meters.get(kind)?.take(work[kind], nowMs);
    return undefined;
  }

  /** Every limit of this pool as it is now. */
  states(nowMs: number): Partial<Record<LimitKind, LimitState>> {
    const states: Partial<Record<LimitKind, LimitState>> = {};
    for (const [kind, meter] of this.#meters) {
      states[kind] = { limit: meter.limit, remaining: meter.remaining(nowMs), resetMs: meter.resetMs(nowMs) };
    }
    return states;
  }

  /** What has passed of each limit, as a share of what could have by the last request. */
  use(): Partial<Record<LimitKind, number>> {
    const use: Partial<Record<LimitKind, number>> = {};
    for (const [kind, meter] of this.#meters) use[kind] = meter.use(this.#lastAt);
    return use;
  }
}

function hit(kind: LimitKind, meter: Meter, requested: number, nowMs: number): LimitHit {
  return {
    kind,
    limit: meter.limit,
    used: meter.limit - meter.remaining(nowMs),
    requested,
    waitMs: meter.waitMs(requested, nowMs),
  };
}
