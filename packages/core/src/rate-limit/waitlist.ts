import type { Demand, Reservation, ReserveOptions } from "../contract/rate-limiter.ts";

/** Call that waits for its reservation. */
export interface Waiter {
  readonly demand: Demand;
  readonly options: ReserveOptions;
  readonly grant: (reservation: Reservation) => void;
}

/** Calls that wait, the most urgent first: a nested one must not wait for one that may be waiting for its end. */
export class Waitlist {
  readonly #nested: Waiter[] = [];
  readonly #urgent: Waiter[] = [];
  readonly #usual: Waiter[] = [];

  /** The call that goes next. */
  get first(): Waiter | undefined {
    return this.#nested[0] ?? this.#urgent[0] ?? this.#usual[0];
  }

  /** Tells whether a call that comes now would have to wait behind another. */
  isAheadOf({ nested = false }: ReserveOptions): boolean {
    return this.#nested.length > 0 || (!nested && (this.#urgent.length > 0 || this.#usual.length > 0));
  }

  /**
   * Waits for a reservation in the call's own line.
   *
   * @param onLeave called when the call has given up waiting: others may go
   * @throws the signal's reason, when it is aborted first
   */
  join(demand: Demand, options: ReserveOptions, onLeave: () => void): Promise<Reservation> {
    const { signal, urgent, nested } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const line = nested === true ? this.#nested : urgent === true ? this.#urgent : this.#usual;
      const onAbort = (): void => {
        line.splice(line.indexOf(waiter), 1);
        reject(signal?.reason);
        onLeave();
      };
      const waiter: Waiter = {
        demand,
        options,
        grant(reservation) {
          line.shift();
          signal?.removeEventListener("abort", onAbort);
          resolve(reservation);
        },
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      line.push(waiter);
    });
  }
}
