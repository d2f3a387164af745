/** Demand of one call on the limits. */
export interface Demand {
  readonly requests: number;
  readonly inputs: number;
  /** Tokens of input and answer together. */
  readonly tokens: number;
  /** Tokens of the input among them, for providers that limit them apart. @default 0 */
  readonly inputTokens?: number | undefined;
  /** Tokens of the answer among them. @default 0 */
  readonly outputTokens?: number | undefined;
}

/** One of a provider's limits, as a response reports it. */
export interface LimitFacts {
  /** The limit, for a minute. */
  readonly limit?: number | undefined;
  /** Amount that is left of it now. */
  readonly remaining?: number | undefined;
  /** Milliseconds until it is whole again. */
  readonly resetMs?: number | undefined;
}

/** A provider's limits as a response reports them; adapters fill it from the headers. */
export interface RateLimitFacts {
  readonly requests?: LimitFacts | undefined;
  readonly tokens?: LimitFacts | undefined;
  readonly inputs?: LimitFacts | undefined;
  readonly inputTokens?: LimitFacts | undefined;
  readonly outputTokens?: LimitFacts | undefined;
}

/** End of a call, as far as its limits are concerned. */
export interface Settlement {
  /**
   * "limited": the provider refused it for a limit. "unavailable": the provider failed or could not be reached, whatever
   * was sent. "failed": any other failure.
   */
  readonly outcome: "ok" | "limited" | "unavailable" | "failed";
  /** Amounts that the provider counted, where they are known; those left out stay as they were reserved. */
  readonly used?: Partial<Demand> | undefined;
  readonly limits?: RateLimitFacts | undefined;
  /** Milliseconds that the provider asks all calls to wait. */
  readonly retryAfterMs?: number | undefined;
}

/** Outage of a provider, in milliseconds on the limiter's clock. */
export interface OutageFacts {
  /** Time of the first of the failures in a row. */
  readonly since: number;
  /** Time from which one call asks whether it is over. */
  readonly until: number;
}

/** Right to make one call. It is settled exactly once. */
export interface Reservation {
  /**
   * Milliseconds that the call has to wait all the same, because another one was refused since. Optional. Asked where a call
   * has waited for a permit, or for a cap of its batch.
   */
  waitMs?(): number;
  /**
   * The call starts now: it may have waited for a permit, or for a cap of its batch. Optional. Not called after `tryReserve`
   * where the call starts at once.
   */
  begin?(): void;
  settle(settlement: Settlement): void;
}

/** Options of one reservation. */
export interface ReserveOptions {
  readonly signal?: AbortSignal | undefined;
  /** Goes ahead of all reservations that wait without it: a retry goes ahead of new work. */
  readonly urgent?: boolean | undefined;
  /** The caller's own cap of calls in flight, where it has stated one: it holds instead of the limiter's own. */
  readonly concurrency?: number | undefined;
  /** Marks a call that is made inside of one that holds a reservation of this limiter. */
  readonly nested?: boolean | undefined;
}

/**
 * Gate between a batch and a provider's limits. `rateLimiter()` makes one for a process; an implementation of your own
 * may live on another machine, which is why `reserve` is asynchronous.
 */
export interface RateLimiter {
  /** Resolves when the call may be made. Rejects with the signal's reason when it is aborted first. */
  reserve(demand: Demand, options?: ReserveOptions): Promise<Reservation>;
  /** The same without waiting; undefined where it would have to wait. Optional: it saves an await a call. */
  tryReserve?(demand: Demand, options?: ReserveOptions): Reservation | undefined;
  /** Milliseconds that the rates alone would let a call wait now. Optional: the last requests are cut by it. */
  waitMs?(demand: Demand): number;
  /** True while the next call goes alone, to find out the limits: it should be a small one. Optional. */
  readonly probing?: boolean | undefined;
  /**
   * Outage that is waited for: one call goes at a time, ever more rarely, and it should be of one input. Undefined while
   * the provider answers. Optional: without it, failures use up tries whatever they are.
   */
  readonly outage?: OutageFacts | undefined;
  /**
   * Milliseconds since a call last got through the limits; undefined before one did. Optional: with it, a batch whose calls
   * are refused waits for longer while those of others pass.
   */
  readonly silentMs?: number | undefined;
  /**
   * Amounts that the known limits let pass in a minute; 0 of what a longer time limits, such as a day. Undefined while no
   * limit is known. Optional: with it, the size of requests is learned.
   */
  readonly perMinute?: Partial<Demand> | undefined;
  /** The shortest time, in milliseconds, in which this much could pass; undefined where no limit is known. */
  shortestMs?(demand: Demand): number | undefined;
}
