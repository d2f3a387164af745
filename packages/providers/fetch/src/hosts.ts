import { type Clock, type RateLimiter, rateLimiter, type Reservation } from "@batchwise/core";
import { checkHostLimits, type FetcherOptions, type HostLimits } from "./options.ts";

interface Host {
  readonly limiter: RateLimiter;
  readonly maxConcurrency: number | undefined;
  /** Requests that wait or are in flight. */
  busy: number;
  /** Until when there is something to remember of it, while it is not busy. */
  until: number;
}

/** A request's turn at its host. */
export interface Turn {
  readonly reservation: Reservation;
  /** It is over. */
  end(settlement: Parameters<Reservation["settle"]>[0]): void;
}

/** Hosts of which something is remembered before those that are quiet are forgotten. */
const MANY = 1000;
/** Milliseconds for which a limit looks back. */
const MINUTE_MS = 60_000;
const ONE = { requests: 1, inputs: 1, tokens: 0 };

/** Hosts with a limiter for each, so that the pause that one asks for is no other's. */
export class Hosts {
  readonly #hosts = new Map<string, Host>();
  readonly #perHost: NonNullable<FetcherOptions["perHost"]>;
  readonly #clock: Clock;

  constructor(perHost: FetcherOptions["perHost"], clock: Clock) {
    this.#perHost = perHost ?? {};
    this.#clock = clock;
  }

  /** Number of hosts of which something is remembered. */
  get size(): number {
    return this.#hosts.size;
  }

  /**
   * Waits until the host may be asked.
   *
   * @throws the signal's reason, at once, when it is aborted first
   * @throws ArgumentError for limits of the caller's that are none
   */
  async enter(name: string, signal: AbortSignal | undefined): Promise<Turn> {
    const host = this.#host(name);
    host.busy++;
    const options = { signal, concurrency: host.maxConcurrency };
    try {
      const reservation = host.limiter.tryReserve?.(ONE, options) ?? (await host.limiter.reserve(ONE, options));
      return {
        reservation,
        end: (settlement) => {
          reservation.settle(settlement);
          this.#leave(host, settlement.retryAfterMs ?? 0);
        },
      };
    } catch (error) {
      this.#leave(host, 0);
      throw error;
    }
  }

  #host(name: string): Host {
    const known = this.#hosts.get(name);
    if (known !== undefined) return known;
    if (this.#hosts.size >= MANY) this.#forget();
    const limits: HostLimits = (typeof this.#perHost === "function" ? this.#perHost(name) : this.#perHost) ?? {};
    checkHostLimits(limits);
    const { maxConcurrency, requestsPerMinute } = limits;
    const limiter = rateLimiter({ clock: this.#clock, requestsPerMinute });
    const host: Host = { limiter, maxConcurrency, busy: 0, until: 0 };
    this.#hosts.set(name, host);
    return host;
  }

  #leave(host: Host, pauseMs: number): void {
    host.busy--;
    host.until = Math.max(host.until, this.#clock.now() + Math.max(MINUTE_MS, pauseMs));
  }

  #forget(): void {
    const now = this.#clock.now();
    for (const [name, host] of this.#hosts) if (host.busy === 0 && host.until <= now) this.#hosts.delete(name);
  }
}
