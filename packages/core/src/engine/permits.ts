import type { RateLimiter } from "../limits/rate-limiter.ts";

/** Somebody who may have work for a permit that has come free. */
export interface Claimant {
  /** Takes a permit and starts one piece of work, if there is one. Returns whether it did. */
  claim(): boolean;
}

/** One call's right to be in flight. A batch inside of the call runs on it, as if on loan. */
export interface Permit {
  readonly permits: Permits;
  /** Whether a call of a nested batch is running on this permit now. */
  lent: boolean;
  /** The limiter of which the call holds a reservation. */
  readonly limiter: RateLimiter | undefined;
  /** The permit of the call inside of which this call's batch runs. */
  readonly outer: Permit | undefined;
}

/**
 * Calls in flight: never more than the capacity, over every batch that draws from the same root.
 *
 * A nested batch draws from its parent. Its first call runs on the permit that the parent's call holds, so that it
 * can always go on; further calls take permits that are free. Stages of a pipeline may share one `Permits`.
 */
export class Permits {
  readonly #capacity: number;
  readonly #lender: Permit | undefined;
  /** No private member: a batch of one copy of core may be nested in a call of another. */
  readonly line: Line;
  #inUse = 0;
  #drawn = 0;

  constructor(capacity: number, lender?: Permit) {
    this.#capacity = capacity;
    this.#lender = lender;
    this.line = lender === undefined ? new Line() : lender.permits.line;
  }

  /** Those who join last are asked first: what is nested or downstream finishes before more is started. */
  join(claimant: Claimant): void {
    this.line.join(claimant);
  }

  leave(claimant: Claimant): void {
    this.line.leave(claimant);
  }

  /** Whether somebody else may be waiting for a permit of the same root. */
  get contended(): boolean {
    return this.line.contended;
  }

  /** Takes a permit; false where none is free. */
  tryAcquire(): boolean {
    if (this.#inUse >= this.#capacity) return false;
    if (this.#lender !== undefined && !this.#borrow(this.#lender)) return false;
    this.#inUse++;
    return true;
  }

  /** Gives a permit back without asking who wants it: for one that was taken and had no use. */
  putBack(): void {
    this.#inUse--;
    if (this.#lender === undefined) return;
    if (this.#drawn > 0) {
      this.#drawn--;
      this.#lender.permits.putBack();
    } else {
      this.#lender.lent = false;
    }
  }

  /** Gives a permit back and offers it to everyone who draws from the same root. */
  release(): void {
    this.putBack();
    this.offer();
  }

  /** Asks everyone, the most urgent first, whether there is work for the permits that are free. */
  offer(): void {
    this.line.offer();
  }

  #borrow(lender: Permit): boolean {
    if (!lender.lent) {
      lender.lent = true;
      return true;
    }
    if (!lender.permits.tryAcquire()) return false;
    this.#drawn++;
    return true;
  }
}

/** Everyone who draws from one root, the most urgent first. */
class Line {
  #claimants: readonly Claimant[] = [];
  #offering = false;
  #again = false;

  get contended(): boolean {
    return this.#claimants.length > 1;
  }

  join(claimant: Claimant): void {
    this.#claimants = [claimant, ...this.#claimants];
  }

  leave(claimant: Claimant): void {
    this.#claimants = this.#claimants.filter((each) => each !== claimant);
  }

  offer(): void {
    // A claimant's work may itself give permits back before it returns: note it, and go round once more.
    this.#again = true;
    if (this.#offering) return;
    this.#offering = true;
    try {
      while (this.#again) {
        this.#again = false;
        for (const claimant of this.#claimants) {
          while (claimant.claim());
        }
      }
    } finally {
      this.#offering = false;
    }
  }
}
