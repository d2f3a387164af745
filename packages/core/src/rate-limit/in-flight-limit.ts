import type { Demand } from "../contract/rate-limiter.ts";
import { ADMITTED_MS } from "./asking-calls.ts";
import type { Limits } from "./limits.ts";

/** Room for slow calls, and for working off what a pause has saved up. */
const HEADROOM = 2;
/**
 * Calls that each one that was not refused adds to those in flight, as far as reported limits are trusted: they may be a
 * day's. Where they are sure to be a minute's, it adds more.
 */
const GROWTH = 0.45;
const SURE_GROWTH = 3;
/** Milliseconds after which a call is taken to hang, and times as long as answers take. */
const HANGS_MS = 30_000;
const HANGS_TIMES = 4;
/** Calls over which latency and size are averaged. */
const MEMORY = 32;
const MINUTE_MS = 60_000;
const SIZES = ["inputs", "tokens", "inputTokens", "outputTokens"] as const;

/**
 * Limit of calls in flight, by what is known of the provider. Nothing: one, which finds out. Its limits: as many as they
 * let pass while a call takes its time (Little's law), twice, but from the start on only so many more as were not refused.
 * That these are sure to be a minute's: as many as are left of them. That it reports none: as many as at the start, half as
 * many after a refusal, one more for every round without one. A call that hangs, as its input may make it, counts against
 * a cap alone: others do not wait for its end.
 */
export class InFlightLimit {
  readonly #start: number;
  #count = 0;
  /** Calls in flight by the time at which they began, the oldest first. */
  readonly #begun = new Map<number, number>();
  #isAnswered = false;
  /** Calls that a backend allows which reports no limits. Without a refusal it does not limit at all. */
  #adaptive = Infinity;
  #reducedAt = -Infinity;
  #growth = GROWTH;
  /** Calls that got through since the last reduction. */
  #passed = 0;
  #calls = 0;
  #latencyMs = 0;
  readonly #mean = { requests: 1, inputs: 0, tokens: 0, inputTokens: 0, outputTokens: 0 };

  /** @param start calls in flight while no limit is reported; Infinity: as many as there are, from the first one on */
  constructor(start: number) {
    this.#start = start;
  }

  /** True while the next call goes alone, to find out. */
  get isProbing(): boolean {
    return this.#start !== Infinity && !this.#isAnswered;
  }

  /** Calls in flight. */
  get count(): number {
    return this.#count;
  }

  /** Milliseconds that a call takes. */
  get latencyMs(): number {
    return this.#latencyMs;
  }

  /** Calls in flight that do not hang. */
  busy(now: number): number {
    let busy = this.#count;
    for (const [at, calls] of this.#begun) {
      if (this.#hangsAt(at) > now) break;
      busy -= calls;
    }
    return busy;
  }

  /** Time from which one more call in flight is taken to hang, or not to have been refused; Infinity where none will be. */
  nextAt(now: number): number {
    let next = Infinity;
    for (const at of this.#begun.keys()) {
      if (at + ADMITTED_MS > now) return Math.min(next, at + ADMITTED_MS);
      if (this.#hangsAt(at) > now) next = Math.min(next, this.#hangsAt(at));
    }
    return next;
  }

  /**
   * Tells whether there is room for one more call.
   *
   * @param own the caller's own cap, which holds instead of ours where no limit is known
   * @param limits amounts that pass in a minute, where any are known; reported ones say all that a refusal could
   * @param least calls that may be in flight by what is known after refusals
   */
  hasRoom(
    own: number | undefined,
    { perMinute, isReported }: Pick<Limits, "perMinute" | "isReported">,
    least: number,
    now: number,
  ): boolean {
    const cap = own ?? this.#start;
    if (perMinute === undefined && this.#count >= cap) return false;
    let learned = this.isProbing ? 1 : Math.floor(isReported ? this.#trusted(now) : this.#adaptive);
    learned = Math.max(learned, least);
    if (perMinute !== undefined && this.#start !== Infinity && this.#growth === GROWTH)
      learned = Math.min(learned, Math.max(this.#start, own ?? 0, this.#steady(perMinute)));
    return this.#count < learned || this.busy(now) < learned;
  }

  begins(now: number): void {
    this.#count++;
    this.#begun.set(now, (this.#begun.get(now) ?? 0) + 1);
  }

  /** A call that began at `begunAt` has ended. Of one that failed nothing is learned: it may have been refused at once. */
  ended(begunAt: number, latencyMs: number, used: Demand, isWhole: boolean): void {
    this.#count--;
    const others = (this.#begun.get(begunAt) ?? 1) - 1;
    if (others > 0) this.#begun.set(begunAt, others);
    else this.#begun.delete(begunAt);
    if (!isWhole) return;
    this.#isAnswered = true;
    this.#adaptive += 1 / this.#adaptive;
    if (begunAt > this.#reducedAt) this.#passed++;
    this.#calls++;
    const share = 1 / Math.min(this.#calls, MEMORY);
    this.#latencyMs += (latencyMs - this.#latencyMs) * share;
    for (const kind of SIZES) this.#mean[kind] += ((used[kind] ?? 0) - this.#mean[kind]) * share;
  }

  /**
   * A response has reported a limit.
   *
   * @param isMinute true where it is sure to be a minute's
   */
  answered(isMinute: boolean): void {
    this.#isAnswered = true;
    if (isMinute && this.#reducedAt === -Infinity) this.#growth = SURE_GROWTH;
  }

  /** The provider refused a call that began at `startedAt`. Those that began before the last reduction say nothing new. */
  refused(startedAt: number, now: number): void {
    if (startedAt <= this.#reducedAt) return;
    this.#passed = 0;
    this.#growth = GROWTH;
    this.#adaptive = Math.max(1, Math.min(Math.floor(this.#adaptive), this.#count + 1) / 2);
    this.#reducedAt = now;
  }

  /** Calls in flight up to which reported limits are trusted. */
  #trusted(now: number): number {
    let admitted = this.#passed;
    for (const [at, calls] of this.#begun) {
      if (at + ADMITTED_MS > now) break;
      if (at > this.#reducedAt) admitted += calls;
    }
    return Math.max(this.#reducedAt === -Infinity ? this.#start : 1, 1 + this.#growth * admitted);
  }

  #hangsAt(begunAt: number): number {
    return begunAt + Math.max(HANGS_MS, HANGS_TIMES * this.#latencyMs);
  }

  #steady(perMinute: Partial<Demand>): number {
    let calls = Infinity;
    for (const [kind, rate] of Object.entries(perMinute) as [keyof Demand, number][]) {
      if (this.#mean[kind] > 0 && rate > 0) calls = Math.min(calls, rate / this.#mean[kind]);
    }
    return calls === Infinity ? Infinity : Math.ceil((HEADROOM * calls * this.#latencyMs) / MINUTE_MS);
  }
}
