import type { Call } from "../../contract/middleware.ts";
import type { RateLimiter } from "../../contract/rate-limiter.ts";
import type { Wakeable } from "../results/outcome-sink.ts";

/** Stage that may have work for a permit that has become free. */
export interface Claimant {
  /** Takes a permit and starts one piece of work, if there is one. Returns whether it did. */
  claim(): boolean;
}

/** One call's right to be in flight. A batch inside of the call borrows it. */
export interface Permit {
  readonly semaphore: Semaphore;
  /** True while a call of a nested batch runs on this permit. */
  isBorrowed: boolean;
  /** Limiter of which the call holds a reservation. */
  readonly limiter: RateLimiter | undefined;
  /** Permit of the call inside of which this call's batch runs. */
  readonly outer: Permit | undefined;
  /** The time that the call may take, where it is limited. */
  readonly deadline?: { start(): void; stop(): void } | undefined;
  /** True where the call is not the first one for its inputs. */
  readonly isRetry?: boolean;
  /** The call, while it goes through middleware. */
  readonly call?: Call | undefined;
}

/**
 * Calls in flight: never more than the capacity, over every batch with the same root.
 *
 * A nested batch takes its permits from its parent's call. Its first call runs on the permit that this call holds, so
 * that it can always go on; further calls take permits that are free. Stages of a pipeline may share one semaphore.
 */
export class Semaphore implements Wakeable {
  /** Stages whose permits have this root, the most urgent first. Kept by the root alone. */
  claimants: readonly Claimant[] = [];
  readonly #capacity: number;
  readonly #lender: Permit | undefined;
  /** Semaphore of the outermost batch. Used by its public members alone: it may be another copy of core's. */
  readonly root: Semaphore;
  #inUse = 0;
  /** Permits of the lender's semaphore in use, besides the lender itself. */
  #taken = 0;
  #isOffering = false;
  #again = false;

  constructor(capacity: number, lender: Permit | undefined) {
    this.#capacity = capacity;
    this.#lender = lender;
    this.root = lender?.semaphore.root ?? this;
  }

  /** Joins and is asked. Those that join last are asked first: nested and downstream work finishes before more is started. */
  join(claimant: Claimant): void {
    this.root.claimants = [claimant, ...this.root.claimants];
    this.root.offer();
  }

  leave(claimant: Claimant): void {
    this.root.claimants = this.root.claimants.filter((each) => each !== claimant);
  }

  /** True where another stage may be waiting for a permit of the same root. */
  get isContended(): boolean {
    return this.root.claimants.length > 1;
  }

  /** Takes a permit; false where none is free. */
  tryAcquire(): boolean {
    if (this.#inUse >= this.#capacity) return false;
    if (this.#lender !== undefined && !this.#borrow(this.#lender)) return false;
    this.#inUse++;
    return true;
  }

  /** Gives a permit back without offering it: for one that was taken and had no use. */
  putBack(): void {
    this.#inUse--;
    if (this.#lender === undefined) return;
    if (this.#taken > 0) {
      this.#taken--;
      this.#lender.semaphore.putBack();
    } else {
      this.#lender.isBorrowed = false;
    }
  }

  /** Gives a permit back and offers it to every stage of the same root. */
  release(): void {
    this.putBack();
    this.root.offer();
  }

  /** Offers the permits that are free to every stage of the same root. */
  wake(): void {
    this.root.offer();
  }

  /** Asks every stage, the most urgent first, for work for the permits that are free. Called on the root. */
  offer(): void {
    // A claimant's work may itself give permits back before it returns: note it, and go round once more.
    this.#again = true;
    if (this.#isOffering) return;
    this.#isOffering = true;
    try {
      while (this.#again) {
        this.#again = false;
        for (const claimant of this.claimants) {
          while (claimant.claim());
        }
      }
    } finally {
      this.#isOffering = false;
    }
  }

  #borrow(lender: Permit): boolean {
    if (!lender.isBorrowed) {
      lender.isBorrowed = true;
      return true;
    }
    if (!lender.semaphore.tryAcquire()) return false;
    this.#taken++;
    return true;
  }
}

/** Tells whether a call holds a reservation of this limiter, or one in which it runs does. */
export function holds(permit: Permit, limiter: RateLimiter): boolean {
  return permit.limiter === limiter || (permit.outer !== undefined && holds(permit.outer, limiter));
}
