import {
  type Clock,
  type Demand,
  type RateLimiter,
  type Reservation,
  type ReserveOptions,
  type Settlement,
  toError,
} from "@batchwise/core";
import { Outage, Pace, Pause } from "@batchwise/core/wrappers";
import { type Correction, type Counter, type Grant, NOW } from "./counter.ts";

/** Settings of a limiter. */
export interface SharedLimiterSettings {
  readonly counter: Counter;
  readonly clock: Clock;
  /** Milliseconds after its grant in which a call may begin without being counted again. */
  readonly graceMs: number;
  /** Number from 0 to 1 that spreads the retries of processes. */
  readonly random: () => number;
}

interface Waiter {
  readonly demand: Demand;
  /** The lowest goes first: a nested call must not wait for one that may be waiting for its end. */
  readonly rank: number;
  readonly resolve: (reservation: Reservation) => void;
  readonly reject: (reason: unknown) => void;
}

/** Grant of a call. */
interface Granted {
  /** The so manieth call of this process. */
  readonly number: number;
  readonly slot: number;
  /** Milliseconds at which the call began. */
  readonly startedAt: number;
}

/** Most milliseconds that a process retries later than it could: they double each time that others were faster. */
const SPREAD_MS = 100;
const LONGEST_SPREAD_MS = 5000;
/** Milliseconds that corrections wait for a request that takes them along. */
const CORRECT_AFTER_MS = 200;
/** Calls in flight while it is tried whether a pace helps. */
const TRIED = 2;
/** Longest wait that holds for all. A longer one is of the call that was refused, such as of an account that is used up. */
const LONGEST_ASKED_MS = 600_000;

/**
 * One process's side of a limit that many share. Calls that arrive during a round trip go with the next one: under load
 * one round trip grants many, and no call is granted before it is wanted, so that others miss the grants of a process
 * that dies for no longer than a window.
 *
 * A refusal pauses all processes, and refusals that the limits do not explain give them a pace. Each finds out for itself
 * whether that helps, and goes without it where it does not. An outage is each process's own: the network of one machine may
 * be the cause, and a few calls a minute of each tell when it is over.
 */
export class SharedLimiter implements RateLimiter {
  readonly #settings: SharedLimiterSettings;
  /** In the order in which they are to be granted. */
  readonly #waiting: Waiter[] = [];
  #corrections: Correction[] = [];
  readonly #pause = new Pause();
  /** Judge of whether the pace of all helps. Its own, of this process alone, is not kept. */
  readonly #judge = new Pace();
  readonly #outage = new Outage();
  /** Pause that the counter does not know yet, in milliseconds. */
  #pauseMs = 0;
  #inFlight = 0;
  /** Slot of the grant of the last call that was refused, until the counter knows. */
  #refusedSlot: number | undefined;
  /** Round trips in a row without a grant. */
  #lost = 0;
  #asking = false;
  #cancelTimer: (() => void) | undefined;

  constructor(settings: SharedLimiterSettings) {
    this.#settings = settings;
  }

  get outage(): RateLimiter["outage"] {
    return this.#outage.facts;
  }

  get silentMs(): number | undefined {
    return this.#outage.silentMs(this.#settings.clock.now());
  }

  async reserve(demand: Demand, { signal, nested, urgent }: ReserveOptions = {}): Promise<Reservation> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Reservation>();
    const waiter: Waiter = { demand, rank: nested === true ? 0 : urgent === true ? 1 : 2, resolve, reject };
    const onAbort = (): void => {
      this.#remove(waiter);
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    const place = this.#waiting.findLastIndex(({ rank }) => rank <= waiter.rank) + 1;
    this.#waiting.splice(place, 0, waiter);
    // The wait of other calls does not hold for one that goes first.
    if (place === 0) this.#ask();
    return promise.finally(() => signal?.removeEventListener("abort", onAbort));
  }

  #ask(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#asking) return;
    const corrections = this.#corrections.splice(0);
    const pauseMs = this.#pauseMs;
    const refused = this.#refusedSlot;
    this.#pauseMs = 0;
    this.#refusedSlot = undefined;
    const askedAt = this.#settings.clock.now();
    const waiters = this.#wanting(askedAt);
    if (waiters.length === 0 && corrections.length === 0 && pauseMs === 0) {
      const { facts } = this.#outage;
      if (facts !== undefined && this.#inFlight === 0 && this.#waiting.length > 0) this.#wakeIn(facts.until - askedAt);
      return;
    }
    this.#asking = true;
    this.#settings
      .counter({
        wanted: waiters.map(({ demand }) => demand),
        corrections,
        pauseMs,
        refused,
        isFree: this.#judge.isVain,
      })
      .then(
        (grant) => this.#handOut(waiters, grant, askedAt),
        (error: unknown) => {
          for (const waiter of this.#waiting.splice(0)) waiter.reject(toError(error));
        },
      )
      .finally(() => {
        this.#asking = false;
        if (this.#cancelTimer === undefined || this.#pauseMs > 0) this.#ask();
      });
  }

  /** Calls that may be granted. While there is an outage, one at a time asks whether it is over; nested ones always go. */
  #wanting(now: number): Waiter[] {
    const { facts } = this.#outage;
    let most = this.#judge.isTrying ? TRIED : Infinity;
    if (facts !== undefined) most = now < facts.until ? 0 : 1;
    const nested = this.#waiting.findLastIndex(({ rank }) => rank === 0) + 1;
    return this.#waiting.slice(0, Math.max(nested, most - this.#inFlight));
  }

  #handOut(waiters: readonly Waiter[], { granted, slot, waitMs }: Grant, askedAt: number): void {
    for (const waiter of waiters.slice(0, granted)) {
      // A waiter that was aborted meanwhile gives its grant back.
      if (this.#remove(waiter)) waiter.resolve(this.#reservation(waiter.demand, slot, askedAt));
      else this.#correct(slot, waiter.demand, -1);
    }
    const lost = granted === 0 && waiters.length > 0;
    this.#lost = lost ? this.#lost + 1 : 0;
    if (granted === waiters.length || this.#waiting.length === 0) return;
    const spread = Math.min(LONGEST_SPREAD_MS, SPREAD_MS * 2 ** this.#lost);
    this.#wakeIn(waitMs + this.#settings.random() * spread);
  }

  #reservation(demand: Demand, grantedSlot: number, askedAt: number): Reservation {
    let slot = grantedSlot;
    let startedAt = askedAt;
    let settled = false;
    const number = this.#judge.sent(askedAt);
    this.#inFlight++;
    return {
      begin: () => {
        startedAt = this.#settings.clock.now();
        // The grant counts from its request. A call that begins much later counts from its beginning.
        if (startedAt - askedAt <= this.#settings.graceMs) return;
        this.#correct(slot, demand, -1);
        this.#correct(NOW, demand, 1);
        slot = NOW;
      },
      settle: (settlement) => {
        if (settled) return;
        settled = true;
        this.#inFlight--;
        const { requests, inputs, tokens } = { ...demand, ...settlement.used };
        const more = {
          requests: requests - demand.requests,
          inputs: inputs - demand.inputs,
          tokens: tokens - demand.tokens,
        };
        if (Object.values(more).some((amount) => amount !== 0)) this.#correct(slot, more, 1);
        this.#applyRefusal(settlement, requests, { number, startedAt, slot: grantedSlot });
        this.#applyPause(settlement, startedAt);
        this.#applyOutage(settlement, requests, startedAt);
      },
    };
  }

  /** Tells all processes of a refusal, where it is not one among many calls and their pace helps. */
  #applyRefusal({ outcome }: Settlement, requests: number, { number, startedAt, slot }: Granted): void {
    const now = this.#settings.clock.now();
    const wasTrying = this.#judge.isTrying;
    if (outcome !== "limited") {
      if (requests === 0) return this.#judge.withdrawn(startedAt);
      this.#judge.passed(number, startedAt, now);
    } else {
      this.#judge.refused(number, startedAt, now);
      if (!this.#judge.isVain && this.#judge.isLimit) this.#refusedSlot = slot;
    }
    if (wasTrying || this.#judge.isTrying) this.#ask();
  }

  /** Pauses all processes after a refusal, or where the provider asks for a wait. */
  #applyPause(settlement: Settlement, startedAt: number): void {
    const { outcome, retryAfterMs = 0 } = settlement;
    // What is refused at any pace waits by itself.
    if (retryAfterMs > LONGEST_ASKED_MS || (outcome === "limited" && this.#judge.isVain)) return;
    const now = this.#settings.clock.now();
    this.#pause.apply(settlement, startedAt, now);
    if (outcome !== "limited" && retryAfterMs === 0) return;
    this.#pauseMs = Math.max(this.#pauseMs, this.#pause.leftMs(now));
    this.#ask();
  }

  #applyOutage({ outcome }: Settlement, requests: number, startedAt: number): void {
    const before = this.#outage.facts;
    const now = this.#settings.clock.now();
    if (outcome === "unavailable") this.#outage.failed(startedAt, now, this.#inFlight + 1);
    else if (outcome !== "limited" && requests > 0) this.#outage.answered(startedAt, now);
    if (before !== undefined || this.#outage.facts !== undefined) this.#ask();
  }

  #correct(slot: number, { requests, inputs, tokens }: Demand, sign: 1 | -1): void {
    this.#corrections.push({ slot, requests: sign * requests, inputs: sign * inputs, tokens: sign * tokens });
    if (!this.#asking && this.#cancelTimer === undefined) this.#wakeIn(CORRECT_AFTER_MS);
  }

  #wakeIn(ms: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#settings.clock.after(ms, () => this.#ask());
  }

  #remove(waiter: Waiter): boolean {
    const place = this.#waiting.indexOf(waiter);
    if (place === -1) return false;
    this.#waiting.splice(place, 1);
    return true;
  }
}
