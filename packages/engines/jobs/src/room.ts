import type { Clock, JobCaps } from "@batchwise/core";

/** What decides when the next job may be created. */
type RoomCaps = Pick<JobCaps, "enqueuedTokens" | "jobsPerHour">;

interface Waiter {
  readonly tokens: number;
  readonly enter: () => void;
}

const HOUR_MS = 3_600_000;

/**
 * Lets jobs be created one after another, so that only one is in memory as text, in the order in which they ask, and
 * within the provider's caps on what is enqueued and on creations.
 */
export class Room {
  readonly #caps: RoomCaps;
  readonly #clock: Clock;
  #queue: Waiter[] = [];
  #enqueued = 0;
  #creating = false;
  /** When the jobs of the last hour were created. */
  #created: number[] = [];
  #cancelTimer: (() => void) | undefined;

  constructor(caps: RoomCaps, clock: Clock) {
    this.#caps = caps;
    this.#clock = clock;
  }

  /** Tokens in jobs that have not ended. */
  get enqueued(): number {
    return this.#enqueued;
  }

  /**
   * Waits until a job of so many tokens may be created. Its tokens count until `leave`; nobody else may create before
   * `created`.
   *
   * @throws the signal's reason, when it is aborted first
   */
  async enter(tokens: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        tokens,
        enter: () => {
          signal.removeEventListener("abort", onAbort);
          resolve();
        },
      };
      const onAbort = (): void => {
        this.#queue = this.#queue.filter((each) => each !== waiter);
        reject(signal.reason as Error);
        this.#admit();
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#queue.push(waiter);
      this.#admit();
    });
  }

  /** The one that entered last has been created, or not: the next one may. */
  created(): void {
    this.#creating = false;
    this.#admit();
  }

  /** A job is there already. */
  join(tokens: number): void {
    this.#enqueued += tokens;
  }

  /** A job has ended, or is not waited for any more. */
  leave(tokens: number): void {
    this.#enqueued -= tokens;
    this.#admit();
  }

  #admit(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const [first] = this.#queue;
    if (first === undefined || this.#creating) return;
    const { enqueuedTokens = Infinity, jobsPerHour = Infinity } = this.#caps;
    // A job that is larger than the cap by itself goes when nothing else is there: the provider decides (P27).
    if (this.#enqueued > 0 && this.#enqueued + first.tokens > enqueuedTokens) return;
    const now = this.#clock.now();
    this.#created = this.#created.filter((at) => at > now - HOUR_MS);
    const [oldest] = this.#created;
    if (oldest !== undefined && this.#created.length >= jobsPerHour) {
      this.#cancelTimer = this.#clock.after(oldest + HOUR_MS - now, () => this.#admit());
      return;
    }
    this.#queue.shift();
    this.#creating = true;
    this.#enqueued += first.tokens;
    if (jobsPerHour !== Infinity) this.#created.push(now);
    first.enter();
  }
}
