import { type Clock, systemClock } from "../clock.ts";
import { ArgumentError } from "../errors.ts";
import { show } from "../show.ts";
import { Books } from "./books.ts";
import { InFlight } from "./in-flight.ts";
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
  /**
   * Calls in flight where no response tells a limit. The very first call goes alone, to find out; once limits are told,
   * as many are in flight as rate and latency come to. A whole number from 1. @default unlimited
   */
  readonly concurrency?: number;
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
  readonly options: ReserveOptions;
  readonly grant: (reservation: Reservation) => void;
}

const KINDS: readonly Kind[] = ["requests", "inputs", "tokens"];
const OPTIONS: readonly string[] = [...KINDS.map((kind) => `${kind}PerMinute`), "concurrency", "clock"];
const MINUTE_MS = 60_000;
/** The pause after a refusal that names none: it doubles with every further one in a row. */
const PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

class LocalRateLimiter implements RateLimiter {
  readonly #clock: Clock;
  /** What the caller allows, and what responses have told. */
  readonly #allowances: [Kind, Allowance][] = [];
  readonly #told = new Map<Kind, TokenBucket>();
  readonly #flight: InFlight;
  /** What the told limits let pass in a millisecond. */
  #perMs: Partial<Record<Kind, number>> | undefined;
  readonly #books = new Books();
  /** Those who wait, the most urgent first: what is nested must not wait for what may be waiting for its end. */
  readonly #queues: Readonly<Record<"nested" | "urgent" | "usual", Waiter[]>> = { nested: [], urgent: [], usual: [] };
  #pausedUntil = -Infinity;
  #refusals = 0;
  #exhaustedAt = -Infinity;
  #cancelTimer: (() => void) | undefined;

  constructor(options: RateLimiterOptions) {
    this.#clock = options.clock ?? systemClock;
    for (const name of Object.keys(options)) {
      if (!OPTIONS.includes(name))
        throw new ArgumentError(`${name}: no such option of rateLimiter. Known options: ${OPTIONS.join(", ")}.`);
    }
    const { concurrency = Infinity } = options;
    if (!(concurrency >= 1)) {
      throw new ArgumentError(`concurrency: expected a whole number from 1, got ${show(concurrency)}.`);
    }
    this.#flight = new InFlight(concurrency);
    for (const kind of KINDS) {
      const name = `${kind}PerMinute` as const;
      const limit = options[name];
      if (limit === undefined) continue;
      if (typeof limit !== "number" || !(limit > 0)) {
        throw new ArgumentError(`${name}: expected a number above 0, got ${show(limit)}.`);
      }
      if (limit !== Infinity) this.#allowances.push([kind, new SlidingWindow(limit)]);
    }
  }

  get probing(): boolean {
    return this.#flight.probing;
  }

  tryReserve(demand: Demand, options: ReserveOptions = {}): Reservation | undefined {
    const { nested, urgent, usual } = this.#queues;
    const ahead = options.nested === true ? nested.length : nested.length + urgent.length + usual.length;
    if (ahead > 0) return undefined;
    return this.#hasRoom(options) && this.waitMs(demand) === 0 ? this.#admit(demand) : undefined;
  }

  reserve(demand: Demand, options: ReserveOptions = {}): Promise<Reservation> {
    const { signal, urgent, nested } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const queue = this.#queues[nested === true ? "nested" : urgent === true ? "urgent" : "usual"];
      const onAbort = (): void => {
        queue.splice(queue.indexOf(waiter), 1);
        reject(signal?.reason);
        this.#serve();
      };
      const waiter: Waiter = {
        demand,
        options,
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
      const queue = Object.values(this.#queues).find((each) => each.length > 0);
      const waiter = queue?.[0];
      if (queue === undefined || waiter === undefined) return;
      // Where there is no room, the end of a call in flight will serve the queue again.
      if (!this.#hasRoom(waiter.options)) return;
      const waitMs = this.waitMs(waiter.demand);
      if (waitMs > 0) {
        this.#cancelTimer = this.#clock.after(waitMs, () => this.#serve());
        return;
      }
      queue.shift();
      waiter.grant(this.#admit(waiter.demand));
    }
  }

  #hasRoom({ concurrency, nested = false }: ReserveOptions): boolean {
    // A call inside of one that is in flight must not wait for its end.
    return nested || this.#flight.hasRoom(concurrency, this.#perMs);
  }

  waitMs(demand: Demand): number {
    const now = this.#clock.now();
    let longest = Math.max(0, this.#pausedUntil - now);
    for (const [kind, allowance] of this.#allowances) {
      longest = Math.max(longest, allowance.waitMs(demand[kind], now));
    }
    return longest;
  }

  #admit(demand: Demand): Reservation {
    const now = this.#clock.now();
    const takings: [Kind, Taken][] = this.#allowances.map(([kind, each]) => [kind, each.take(demand[kind], now)]);
    let start = this.#books.mark(now);
    this.#books.admit(demand);
    this.#flight.count++;
    let settled = false;
    return {
      begin: () => {
        const later = this.#clock.now();
        start = this.#books.markAgain(later, demand);
        for (const [, taken] of takings) taken.begin(later);
      },
      settle: (settlement) => {
        if (settled) return;
        settled = true;
        const end = this.#clock.now();
        const used = usedOf(demand, settlement);
        this.#books.settle(demand, used);
        for (const [kind, taken] of takings) {
          if (used[kind] !== demand[kind]) taken.correct(demand[kind] - used[kind], end);
        }
        this.#flight.ended(end - start.at, used);
        if (settlement.limits !== undefined) this.#learn(settlement.limits, start.at, this.#books.unseen(start, used));
        this.#heed(settlement, start.at, end);
        this.#serve();
      },
    };
  }

  /** A refusal, or a provider's wish to wait, is everybody's. */
  #heed(settlement: Settlement, startedAt: number, now: number): void {
    if (settlement.outcome === "ok") {
      this.#refusals = 0;
      this.#flight.answered();
      this.#flight.succeeded();
    }
    if (settlement.outcome === "limited") {
      // Of the calls that were on the way together, the first refusal speaks for all.
      if (startedAt >= this.#pausedUntil) this.#refusals++;
      this.#flight.refused(startedAt, now);
      if (settlement.limits === undefined && startedAt >= this.#exhaustedAt) {
        for (const [, allowance] of this.#allowances) allowance.exhaust(now);
        this.#exhaustedAt = now;
      }
    }
    const own = settlement.outcome === "limited" ? Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** (this.#refusals - 1)) : 0;
    const pauseMs = settlement.retryAfterMs ?? own;
    if (pauseMs > 0) this.#pausedUntil = Math.max(this.#pausedUntil, now + pauseMs);
  }

  #learn(facts: RateLimitFacts, since: number, unseen: Demand): void {
    for (const kind of KINDS) {
      const told = facts[kind];
      if (told !== undefined) this.#learnOne(kind, told, since, unseen[kind]);
    }
  }

  /**
   * The provider's count was true at some time since the call began. At worst, nothing is in it of what may have come
   * after it; at best all is, and the bucket has refilled all the while.
   */
  #learnOne(kind: Kind, told: LimitFacts, since: number, unseen: number): void {
    const now = this.#clock.now();
    const known = this.#told.get(kind);
    const limit = atLeast(told.limit, Number.MIN_VALUE) ?? known?.limit;
    if (limit === undefined) return;
    const tells = atLeast(told.remaining, 0);
    const remaining = Math.min(tells ?? limit, limit);
    let bucket = known;
    if (bucket?.limit !== limit) {
      bucket = new TokenBucket(limit, remaining - unseen, now);
      this.#tell(kind, bucket);
    }
    if (tells === undefined) return;
    bucket.learn(remaining - unseen, remaining, since, now);
    bucket.wholeIn(limit - remaining, atLeast(told.resetMs, 0), now);
  }

  #tell(kind: Kind, bucket: TokenBucket): void {
    const known = this.#told.get(kind);
    if (known !== undefined) {
      this.#allowances.splice(
        this.#allowances.findIndex(([, each]) => each === known),
        1,
      );
    }
    this.#told.set(kind, bucket);
    this.#allowances.push([kind, bucket]);
    this.#perMs = { ...this.#perMs, [kind]: bucket.limit / MINUTE_MS };
    this.#flight.answered();
  }
}

/** What the provider counted, where it is known; what was reserved, where it is not. */
function usedOf(demand: Demand, { used }: Settlement): Demand {
  const of = (kind: Kind): number => {
    const told = used?.[kind];
    return told !== undefined && Number.isFinite(told) ? told : demand[kind];
  };
  return { requests: of("requests"), inputs: of("inputs"), tokens: of("tokens") };
}

/** `value` where it is a finite number from `least`; headers hold all kinds of things. */
function atLeast(value: number | undefined, least: number): number | undefined {
  return value !== undefined && Number.isFinite(value) && value >= least ? value : undefined;
}
