import { AdaptiveConcurrency } from "./adaptive-concurrency.ts";
import type { Demand } from "./rate-limiter.ts";

/** Room for slow calls, and for working off what a pause has saved up. */
const HEADROOM = 2;
/** Calls over which latency and size are averaged. */
const MEMORY = 32;

/**
 * How many calls may be in flight, by what is known of the provider. Nothing: one, which finds out. Its limits: what
 * they let pass while a call takes its time (Little's law), twice. That it tells none: as many as at the start, fewer
 * while it refuses calls.
 */
export class InFlight {
  count = 0;
  readonly #start: number;
  readonly #adaptive = new AdaptiveConcurrency();
  #answered = false;
  #calls = 0;
  #latencyMs = 0;
  readonly #mean = { requests: 1, inputs: 0, tokens: 0 };

  /** @param start calls in flight while no limit is told; Infinity: as many as there are, from the first one on */
  constructor(start: number) {
    this.#start = start;
  }

  /** Whether the next call goes alone, to find out. */
  get probing(): boolean {
    return this.#start !== Infinity && !this.#answered;
  }

  /**
   * Whether there is room for one more.
   *
   * @param own the caller's own cap, which holds instead of ours where no limit is told
   * @param perMs what the told limits let pass in a millisecond, of each kind; undefined where none is told
   */
  hasRoom(own: number | undefined, perMs: Partial<Demand> | undefined): boolean {
    if (this.probing) return this.count === 0;
    if (perMs === undefined) return this.count < Math.min(own ?? this.#start, this.#adaptive.limit);
    return this.count < Math.max(this.#start, own ?? 0, this.#steady(perMs));
  }

  ended(latencyMs: number, used: Demand): void {
    this.count--;
    this.#calls++;
    const share = 1 / Math.min(this.#calls, MEMORY);
    this.#latencyMs += (latencyMs - this.#latencyMs) * share;
    this.#mean.inputs += (used.inputs - this.#mean.inputs) * share;
    this.#mean.tokens += (used.tokens - this.#mean.tokens) * share;
  }

  /** A call was answered, or a response has told a limit. */
  answered(): void {
    this.#answered = true;
  }

  succeeded(): void {
    this.#adaptive.succeeded();
  }

  /** The provider refused a call that began at `startedAt`. */
  refused(startedAt: number, now: number): void {
    this.#adaptive.refused(this.count + 1, startedAt, now);
  }

  #steady(perMs: Partial<Demand>): number {
    let callsPerMs = Infinity;
    for (const [kind, rate] of Object.entries(perMs) as [keyof Demand, number][]) {
      if (this.#mean[kind] > 0) callsPerMs = Math.min(callsPerMs, rate / this.#mean[kind]);
    }
    return Math.ceil(HEADROOM * callsPerMs * this.#latencyMs);
  }
}
