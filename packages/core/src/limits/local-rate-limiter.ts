import { type Clock, systemClock } from "../clock.ts";
import { ArgumentError } from "../errors.ts";
import { AdaptiveConcurrency } from "./adaptive-concurrency.ts";
import type {
  Demand,
  LimitFacts,
  RateLimiter,
  RateLimitFacts,
  Reservation,
  ReserveOptions,
  Settlement,
} from "./rate-limiter.ts";
import { SlidingWindow } from "./sliding-window.ts";
import { type Allowance, type Taken, TokenBucket } from "./token-bucket.ts";

/** Options of `rateLimiter`. */
export interface RateLimiterOptions {
  /** Calls a minute. @default unlimited until a response tells */
  readonly requestsPerMinute?: number;
  /** Tokens a minute. @default unlimited until a response tells */
  readonly tokensPerMinute?: number;
  /** Inputs a minute. @default unlimited until a response tells */
  readonly inputsPerMinute?: number;
  /** Time, for tests. @default the machine's clock */
  readonly clock?: Clock;
}

/**
 * A limiter for one process. Give the same one to every Runnable that uses the same key.
 *
 * A configured limit holds in any window of a minute. What responses tell holds beside it. Where nothing is told,
 * concurrency adapts: it halves when the provider refuses a call and grows by one for each round that it does not.
 * A refusal pauses everyone: for as long as the provider asks, or for a backoff of our own.
 *
 * @throws ArgumentError for a limit that is no number above 0.
 *
 * @example
 * const limiter = rateLimiter({ requestsPerMinute: 3_000, tokensPerMinute: 1_000_000 });
 * const outputs = await runnable.batch(inputs, { limiter });
 */
export function rateLimiter(options: RateLimiterOptions = {}): RateLimiter {
  return new LocalRateLimiter(options);
}

type Kind = keyof Demand;

interface Waiter {
  readonly demand: Demand;
  readonly grant: (reservation: Reservation) => void;
}

const KINDS: readonly Kind[] = ["requests", "inputs", "tokens"];
/** The pause after a refusal that names none: it doubles with every further one in a row. */
const PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

class LocalRateLimiter implements RateLimiter {
  readonly #clock: Clock;
  /** What the caller allows, and what responses have told. */
  readonly #allowances: [Kind, Allowance][] = [];
  readonly #told = new Map<Kind, TokenBucket>();
  readonly #adaptive = new AdaptiveConcurrency();
  /** What calls in flight have reserved, of each kind. */
  readonly #open: Record<Kind, number> = { requests: 0, inputs: 0, tokens: 0 };
  readonly #urgent: Waiter[] = [];
  readonly #waiting: Waiter[] = [];
  #inFlight = 0;
  #pausedUntil = -Infinity;
  #refusals = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(options: RateLimiterOptions) {
    this.#clock = options.clock ?? systemClock;
    const known = [...KINDS.map((kind) => `${kind}PerMinute`), "clock"];
    for (const name of Object.keys(options)) {
      if (!known.includes(name))
        throw new ArgumentError(`${name}: no such option of rateLimiter. Known options: ${known.join(", ")}.`);
    }
    for (const kind of KINDS) {
      const name = `${kind}PerMinute` as const;
      const limit = options[name];
      if (limit === undefined) continue;
      if (typeof limit !== "number" || !(limit > 0)) {
        throw new ArgumentError(
          `${name}: expected a number above 0, got ${typeof limit === "number" ? limit : typeof limit}.`,
        );
      }
      if (limit !== Infinity) this.#allowances.push([kind, new SlidingWindow(limit)]);
    }
  }

  tryReserve(demand: Demand): Reservation | undefined {
    if (this.#urgent.length > 0 || this.#waiting.length > 0) return undefined;
    return this.#waitMs(demand, this.#clock.now()) > 0 ? undefined : this.#admit(demand);
  }

  reserve(demand: Demand, options: ReserveOptions = {}): Promise<Reservation> {
    const { signal, urgent = false } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const queue = urgent ? this.#urgent : this.#waiting;
      const onAbort = (): void => {
        queue.splice(queue.indexOf(waiter), 1);
        reject(signal?.reason);
        this.#serve();
      };
      const waiter: Waiter = {
        demand,
        grant(reservation) {
          signal?.removeEventListener("abort", onAbort);
          resolve(reservation);
        },
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      queue.push(waiter);
      this.#serve();
    });
  }

  shortestMs(demand: Demand): number | undefined {
    if (this.#allowances.length === 0) return undefined;
    const now = this.#clock.now();
    let longest = Math.max(0, this.#pausedUntil - now);
    for (const [kind, allowance] of this.#allowances) {
      longest = Math.max(longest, allowance.shortestMs(demand[kind], now));
    }
    return longest;
  }

  /** Grants what may pass now, in order, and arms a timer for the first one that may not. */
  #serve(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    for (;;) {
      const queue = this.#urgent.length > 0 ? this.#urgent : this.#waiting;
      const waiter = queue[0];
      if (waiter === undefined) return;
      const waitMs = this.#waitMs(waiter.demand, this.#clock.now());
      if (waitMs > 0) {
        // Infinity: the end of a call in flight will serve the queue again.
        if (waitMs !== Infinity) this.#cancelTimer = this.#clock.after(waitMs, () => this.#serve());
        return;
      }
      queue.shift();
      waiter.grant(this.#admit(waiter.demand));
    }
  }

  #waitMs(demand: Demand, now: number): number {
    if (this.#told.size === 0 && this.#inFlight >= this.#adaptive.limit) return Infinity;
    let longest = Math.max(0, this.#pausedUntil - now);
    for (const [kind, allowance] of this.#allowances) {
      longest = Math.max(longest, allowance.waitMs(demand[kind], now));
    }
    return longest;
  }

  #admit(demand: Demand): Reservation {
    const startedAt = this.#clock.now();
    const takings: [Kind, Taken][] = [];
    for (const [kind, allowance] of this.#allowances) takings.push([kind, allowance.take(demand[kind], startedAt)]);
    this.#inFlight++;
    for (const kind of KINDS) this.#open[kind] += demand[kind];
    let settled = false;
    return {
      begin: () => {
        const now = this.#clock.now();
        for (const [, taken] of takings) taken.begin(now);
      },
      settle: (settlement) => {
        if (settled) return;
        settled = true;
        this.#inFlight--;
        for (const kind of KINDS) this.#open[kind] -= demand[kind];
        const now = this.#clock.now();
        for (const [kind, taken] of takings) {
          const used = settlement.used?.[kind];
          if (used !== undefined && Number.isFinite(used) && used !== demand[kind])
            taken.correct(demand[kind] - used, now);
        }
        if (settlement.limits !== undefined) this.#learn(settlement.limits, now);
        this.#heed(settlement, startedAt, now);
        this.#serve();
      },
    };
  }

  /** A refusal, or a provider's wish to wait, is everybody's. */
  #heed(settlement: Settlement, startedAt: number, now: number): void {
    if (settlement.outcome === "ok") {
      this.#refusals = 0;
      this.#adaptive.succeeded();
    }
    if (settlement.outcome === "limited") {
      // Of the calls that were on the way together, the first refusal speaks for all.
      if (startedAt >= this.#pausedUntil) this.#refusals++;
      this.#adaptive.refused(this.#inFlight + 1, startedAt, now);
    }
    const own = settlement.outcome === "limited" ? Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** (this.#refusals - 1)) : 0;
    const pauseMs = settlement.retryAfterMs ?? own;
    if (pauseMs > 0) this.#pausedUntil = Math.max(this.#pausedUntil, now + pauseMs);
  }

  #learn(facts: RateLimitFacts, now: number): void {
    for (const kind of KINDS) {
      const told = facts[kind];
      if (told !== undefined) this.#learnOne(kind, told, now);
    }
  }

  #learnOne(kind: Kind, told: LimitFacts, now: number): void {
    const known = this.#told.get(kind);
    const limit = atLeast(told.limit, Number.MIN_VALUE) ?? known?.limit;
    if (limit === undefined) return;
    const remaining = Math.min(atLeast(told.remaining, 0) ?? limit, limit);
    let bucket = known;
    if (bucket?.limit !== limit) {
      bucket = new TokenBucket(limit, remaining - this.#open[kind], now);
      if (known !== undefined)
        this.#allowances.splice(
          this.#allowances.findIndex(([, each]) => each === known),
          1,
        );
      this.#told.set(kind, bucket);
      this.#allowances.push([kind, bucket]);
    }
    if (atLeast(told.remaining, 0) !== undefined)
      bucket.learn(remaining, atLeast(told.resetMs, 0), this.#open[kind], now);
  }
}

/** `value` where it is a finite number from `least`; headers hold all kinds of things. */
function atLeast(value: number | undefined, least: number): number | undefined {
  return value !== undefined && Number.isFinite(value) && value >= least ? value : undefined;
}
