/** What one call asks of the limits. */
export interface Demand {
  readonly requests: number;
  readonly inputs: number;
  readonly tokens: number;
}

/** What a provider's response said of one of its limits. */
export interface LimitFacts {
  /** The limit, for a minute. */
  readonly limit?: number;
  /** What is left of it now. */
  readonly remaining?: number;
  /** Milliseconds until it is whole again. */
  readonly resetMs?: number;
}

/** What a response said of the provider's limits; adapters fill it from the headers. */
export interface RateLimitFacts {
  readonly requests?: LimitFacts;
  readonly tokens?: LimitFacts;
  readonly inputs?: LimitFacts;
}

/** How a call ended, as far as its limits are concerned. */
export interface Settlement {
  /** "limited": the provider refused it for a limit. "failed": any other failure. */
  readonly outcome: "ok" | "limited" | "failed";
  /** What the provider counted, where it is known; what is left out stays as it was reserved. */
  readonly used?: Partial<Demand>;
  readonly limits?: RateLimitFacts;
  /** How long the provider asks everyone to wait. */
  readonly retryAfterMs?: number;
}

/** The right to make one call. It is settled exactly once. */
export interface Reservation {
  /** The call starts now: it may have waited for its turn since the reservation. Optional. */
  begin?(): void;
  settle(settlement: Settlement): void;
}

/** Options of one reservation. */
export interface ReserveOptions {
  readonly signal?: AbortSignal;
  /** Before everyone who waits without it: a retry goes ahead of new work. */
  readonly urgent?: boolean;
  /** The caller's own cap of calls in flight, where it has stated one: it holds instead of the limiter's own. */
  readonly concurrency?: number;
  /** Whether the call is made inside of one that holds a reservation of this limiter. */
  readonly nested?: boolean;
}

/**
 * What stands between a batch and a provider's limits. `rateLimiter()` makes one for a process; an implementation of
 * your own may live on another machine, which is why `reserve` is asynchronous.
 */
export interface RateLimiter {
  /** Resolves when the call may be made. Rejects with the signal's reason when it is aborted first. */
  reserve(demand: Demand, options?: ReserveOptions): Promise<Reservation>;
  /** The same without waiting; undefined where it would have to wait. Optional: it saves an await a call. */
  tryReserve?(demand: Demand, options?: ReserveOptions): Reservation | undefined;
  /** How long the rates alone would let a call wait now, in milliseconds. Optional: the last requests are cut by it. */
  waitMs?(demand: Demand): number;
  /** Whether the next call goes alone, to find out what the limits are: it should be a small one. Optional. */
  readonly probing?: boolean;
  /** The shortest time, in milliseconds, in which this much could pass; undefined where no limit is known. */
  shortestMs?(demand: Demand): number | undefined;
}
