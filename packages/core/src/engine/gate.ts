import type { Demand, RateLimiter, Reservation } from "../limits/rate-limiter.ts";
import type { Meter } from "./meter.ts";
import type { Permits } from "./permits.ts";
import type { Request } from "./request.ts";

/** A request's right to be sent: a permit, and a reservation where there is a limiter. */
export interface Admission {
  readonly reservation: Reservation | undefined;
}

/** For a call that was never made. */
const NOTHING: Demand = { requests: 0, inputs: 0, tokens: 0 };

/**
 * What stands between a request and its call: the rate limits and then concurrency, in that order, so that what waits
 * at the limits holds no permit. Retries pass ahead of new work.
 */
export class Gate {
  readonly permits: Permits;
  readonly limiter: RateLimiter | undefined;
  readonly #meter: Meter;
  readonly #halted: AbortSignal;
  /** Those who wait for a permit; they are told whether they got one. */
  readonly #waiting: ((granted: boolean) => void)[] = [];

  constructor(permits: Permits, limiter: RateLimiter | undefined, meter: Meter, halted: AbortSignal) {
    this.permits = permits;
    this.limiter = limiter;
    this.#meter = meter;
    this.#halted = halted;
  }

  /** Whether somebody with an older claim waits for a permit. */
  get contended(): boolean {
    return this.#waiting.length > 0 || this.permits.contended;
  }

  /** Gives a free permit to the first one who waits. False where nobody waits; undefined where none is free. */
  serve(): boolean | undefined {
    const first = this.#waiting[0];
    if (first === undefined) return false;
    if (!this.permits.tryAcquire()) return undefined;
    this.#waiting.shift();
    first(true);
    return true;
  }

  /** The limits' leave without waiting, for one who holds a permit; undefined where it would have to wait. */
  tryPass(request: Request<unknown>): Admission | undefined {
    if (this.limiter === undefined) return FREE;
    const reservation = this.limiter.tryReserve?.(demandOf(request));
    return reservation && { reservation };
  }

  /** Waits for the limits and then for a permit. Undefined where the batch ends first. */
  async pass(request: Request<unknown>, urgent: boolean): Promise<Admission | undefined> {
    let reservation: Reservation | undefined;
    if (this.limiter !== undefined) {
      const resume = this.#meter.waiting();
      try {
        reservation = await this.limiter.reserve(demandOf(request), { signal: this.#halted, urgent });
      } catch (error) {
        if (this.#halted.aborted) return undefined;
        throw error;
      } finally {
        resume();
      }
    }
    if (await this.#permit()) return { reservation };
    reservation?.settle({ outcome: "failed", used: NOTHING });
    return undefined;
  }

  leave(): void {
    this.permits.release();
  }

  /** Nobody gets through any more. */
  close(): void {
    for (const tell of this.#waiting.splice(0)) tell(false);
  }

  async #permit(): Promise<boolean> {
    if (this.#halted.aborted) return false;
    if (this.#waiting.length === 0 && this.permits.tryAcquire()) return true;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }
}

const FREE: Admission = { reservation: undefined };

function demandOf(request: Request<unknown>): Demand {
  return { requests: 1, inputs: request.size, tokens: request.tokens };
}
