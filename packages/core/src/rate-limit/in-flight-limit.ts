import type { Demand } from "../contract/rate-limiter.ts";

/** Room for slow calls, and for working off what a pause has saved up. */
const HEADROOM = 2;
/** Calls that one success adds to those in flight until the reported limits have been seen to hold: more where answers are slow. */
const GROWTH = 0.5;
const SLOW_MS = 2000;
/** Calls over which latency and size are averaged. */
const MEMORY = 32;
const MINUTE_MS = 60_000;
const SIZES = ["inputs", "tokens", "inputTokens", "outputTokens"] as const;

/**
 * Limit of calls in flight, by what is known of the provider. Nothing: one, which finds out. Its limits: as many as they
 * let pass while a call takes its time (Little's law), twice, but from one on half as many more with each round of
 * successes. That it reports none: as many as at the start, half as many after a refusal, one more for every round
 * without one.
 */
export class InFlightLimit {
  readonly #start: number;
  #count = 0;
  #isAnswered = false;
  /** Calls that a backend allows which reports no limits. Without a refusal it does not limit at all. */
  #adaptive = Infinity;
  #reducedAt = -Infinity;
  /** Calls in flight up to which reported limits are trusted: they may be a day's. */
  #trusted: number;
  #calls = 0;
  #latencyMs = 0;
  readonly #mean = { requests: 1, inputs: 0, tokens: 0, inputTokens: 0, outputTokens: 0 };

  /** @param start calls in flight while no limit is reported; Infinity: as many as there are, from the first one on */
  constructor(start: number) {
    this.#start = start;
    this.#trusted = start === Infinity ? start : 1;
  }

  /** True while the next call goes alone, to find out. */
  get isProbing(): boolean {
    return this.#start !== Infinity && !this.#isAnswered;
  }

  /** Calls in flight. */
  get count(): number {
    return this.#count;
  }

  /**
   * Tells whether there is room for one more call.
   *
   * @param own the caller's own cap, which holds instead of ours where no limit is known
   * @param perMinute amounts that the limits let pass in a minute; undefined where none is known
   * @param isReported true where responses report them, and a refusal says nothing else of the calls in flight
   */
  hasRoom(own: number | undefined, perMinute: Partial<Demand> | undefined, isReported: boolean): boolean {
    if (this.isProbing) return this.#count === 0;
    let carried = own ?? this.#start;
    if (perMinute !== undefined) {
      carried = this.#start === Infinity ? Infinity : Math.max(this.#start, own ?? 0, this.#steady(perMinute));
    }
    return this.#count < Math.min(carried, Math.floor(isReported ? this.#trusted : this.#adaptive));
  }

  begins(): void {
    this.#count++;
  }

  /** A call has ended. Of one that failed nothing is learned: it may have been refused at once. */
  ended(latencyMs: number, used: Demand, isWhole: boolean): void {
    this.#count--;
    if (!isWhole) return;
    this.#calls++;
    const share = 1 / Math.min(this.#calls, MEMORY);
    this.#latencyMs += (latencyMs - this.#latencyMs) * share;
    for (const kind of SIZES) this.#mean[kind] += ((used[kind] ?? 0) - this.#mean[kind]) * share;
  }

  /** A response has reported a limit. */
  answered(): void {
    this.#isAnswered = true;
  }

  succeeded(): void {
    this.#isAnswered = true;
    this.#adaptive += 1 / this.#adaptive;
    this.#trusted += Math.max(GROWTH, this.#latencyMs / SLOW_MS);
  }

  /** The provider refused a call that began at `startedAt`. Those that began before the last reduction say nothing new. */
  refused(startedAt: number, now: number): void {
    if (startedAt <= this.#reducedAt) return;
    this.#trusted = 1;
    this.#adaptive = Math.max(1, Math.min(Math.floor(this.#adaptive), this.#count + 1) / 2);
    this.#reducedAt = now;
  }

  #steady(perMinute: Partial<Demand>): number {
    let calls = Infinity;
    for (const [kind, rate] of Object.entries(perMinute) as [keyof Demand, number][]) {
      if (this.#mean[kind] > 0 && rate > 0) calls = Math.min(calls, rate / this.#mean[kind]);
    }
    return calls === Infinity ? Infinity : Math.ceil((HEADROOM * calls * this.#latencyMs) / MINUTE_MS);
  }
}
