import type { Demand, RateLimiter, Reservation, ReserveOptions } from "../limits/rate-limiter.ts";
import type { Meter } from "./meter.ts";
import type { Permit, Permits } from "./permits.ts";
import type { Plan } from "./plan.ts";
import type { Request } from "./request.ts";

/** A request's right to be sent: a permit, and a reservation where there is a limiter. */
export interface Admission {
  readonly reservation: Reservation | undefined;
}

/** What of a plan the gate goes by. The permits may bear more than `maxConcurrency`, for others. */
type GatePlan = Pick<
  Plan<never, unknown>,
  "limiter" | "maxConcurrency" | "statedConcurrency" | "calibration" | "parent"
>;

/** For a call that was never made. */
const NOTHING: Demand = { requests: 0, inputs: 0, tokens: 0 };

/**
 * What stands between a request and its call: the rate limits and then concurrency, in that order, so that what waits
 * at the limits holds no permit. Retries pass ahead of new work.
 */
export class Gate {
  readonly permits: Permits;
  readonly limiter: RateLimiter | undefined;
  readonly #plan: GatePlan;
  readonly #meter: Meter;
  readonly #halted: AbortSignal;
  readonly #options: ReserveOptions;
  #inside = 0;
  /** Those who wait for a permit; they are told whether they got one. */
  readonly #waiting: ((granted: boolean) => void)[] = [];

  constructor(permits: Permits, plan: GatePlan, meter: Meter, halted: AbortSignal) {
    this.permits = permits;
    this.#plan = plan;
    this.limiter = plan.limiter;
    this.#meter = meter;
    this.#halted = halted;
    const { statedConcurrency: concurrency } = plan;
    this.#options = {
      ...(concurrency === undefined ? {} : { concurrency }),
      ...(this.limiter !== undefined && holds(plan.parent, this.limiter) ? { nested: true } : {}),
    };
  }

  /** Whether somebody with an older claim waits for a permit. */
  get contended(): boolean {
    return this.#waiting.length > 0 || this.permits.contended;
  }

  /** Gives a free permit to the first one who waits. False where nobody waits; undefined where none is free. */
  serve(): boolean | undefined {
    const first = this.#waiting[0];
    if (first === undefined) return false;
    if (!this.tryEnter()) return undefined;
    this.#waiting.shift();
    first(true);
    return true;
  }

  /** The limits' leave without waiting, for one who holds a permit; undefined where it would have to wait. */
  tryPass(request: Request<unknown>): Admission | undefined {
    if (this.limiter === undefined) return FREE;
    const reservation = this.limiter.tryReserve?.(this.demandOf(request), this.#options);
    return reservation && { reservation };
  }

  /** Waits for the limits and then for a permit. Undefined where the batch ends first. */
  async pass(request: Request<unknown>, urgent: boolean): Promise<Admission | undefined> {
    let reservation: Reservation | undefined;
    if (this.limiter !== undefined) {
      const resume = this.#meter.waiting();
      try {
        reservation = await this.limiter.reserve(this.demandOf(request), {
          ...this.#options,
          signal: this.#halted,
          urgent,
        });
      } catch (error) {
        if (this.#halted.aborted) return undefined;
        throw error;
      } finally {
        resume();
      }
    }
    if (await this.#permit()) {
      if (!this.#halted.aborted) return { reservation };
      // The batch ended in the very turn in which the permit came.
      this.leave();
    }
    giveBack({ reservation });
    return undefined;
  }

  /** What a request asks of the limits, its tokens as the provider is expected to count them. */
  demandOf(request: Request<unknown>): Demand {
    const tokens = request.tokens * (this.#plan.calibration?.factor ?? 1);
    return { requests: 1, inputs: request.size, tokens };
  }

  /** Takes a permit if one is free, and if this run may have one more call in flight. */
  tryEnter(): boolean {
    if (this.#inside >= this.#plan.maxConcurrency || !this.permits.tryAcquire()) return false;
    this.#inside++;
    return true;
  }

  /** Gives the permit back, and offers it to whoever has work for it. */
  leave(): void {
    this.#inside--;
    this.permits.release();
  }

  /** Gives back a permit that had no use. */
  putBack(): void {
    this.#inside--;
    this.permits.putBack();
  }

  /** Nobody gets through any more. */
  close(): void {
    for (const tell of this.#waiting.splice(0)) tell(false);
  }

  async #permit(): Promise<boolean> {
    if (this.#halted.aborted) return false;
    if (this.#waiting.length === 0 && this.tryEnter()) return true;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }
}

/** For a request that is not sent after all. */
export function giveBack({ reservation }: Admission): void {
  reservation?.settle({ outcome: "failed", used: NOTHING });
}

const FREE: Admission = { reservation: undefined };

/** Whether a call holds a reservation of this limiter, or one in which it runs does. */
function holds(permit: Permit | undefined, limiter: RateLimiter): boolean {
  return permit !== undefined && (permit.limiter === limiter || holds(permit.outer, limiter));
}
