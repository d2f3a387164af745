import type { Clock, JobCaps } from "@batchwise/core";

/** Caps that decide when the next job may be created. */
type CreationCaps = Pick<JobCaps, "enqueuedTokens" | "jobsPerHour">;

interface Waiter {
  readonly tokens: number;
  readonly enter: () => void;
}

const HOUR_MS = 3_600_000;

/**
 * Queue of jobs to create: one after another, so that only one is in memory as text, in the order in which they ask,
 * and within the provider's caps on enqueued tokens and on creations.
 */
export class CreationQueue {
  readonly #caps: CreationCaps;
  readonly #clock: Clock;
  #waiting: Waiter[] = [];
  #enqueuedTokens = 0;
  #isCreating = false;
  /** Times at which the jobs of the last hour were created. */
  #createdAt: number[] = [];
  #cancelTimer: (() => void) | undefined;

  constructor(caps: CreationCaps, clock: Clock) {
    this.#caps = caps;
    this.#clock = clock;
  }

  /** Tokens in jobs that have not ended. */
  get enqueuedTokens(): number {
    return this.#enqueuedTokens;
  }

  /**
   * Waits until a job of so many tokens may be created. Its tokens count until `leave`; the next job waits for
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
        this.#waiting = this.#waiting.filter((each) => each !== waiter);
        reject(signal.reason as Error);
        this.#admit();
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiting.push(waiter);
      this.#admit();
    });
  }

  /** The job that entered last has been created, or has failed to be: the next one may enter. */
  created(): void {
    this.#isCreating = false;
    this.#admit();
  }

  /** Counts a job that exists already. */
  join(tokens: number): void {
    this.#enqueuedTokens += tokens;
  }

  /** Stops counting a job that has ended, or whose end is not waited for. */
  leave(tokens: number): void {
    this.#enqueuedTokens -= tokens;
    this.#admit();
  }

  #admit(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const [first] = this.#waiting;
    if (first === undefined || this.#isCreating) return;
    const { enqueuedTokens = Infinity, jobsPerHour = Infinity } = this.#caps;
    // A job that exceeds the cap by itself is created when no other one is enqueued: the provider decides (P27).
    if (this.#enqueuedTokens > 0 && this.#enqueuedTokens + first.tokens > enqueuedTokens) return;
    const now = this.#clock.now();
    this.#createdAt = this.#createdAt.filter((at) => at > now - HOUR_MS);
    const [oldest] = this.#createdAt;
    if (oldest !== undefined && this.#createdAt.length >= jobsPerHour) {
      this.#cancelTimer = this.#clock.after(oldest + HOUR_MS - now, () => this.#admit());
      return;
    }
    this.#waiting.shift();
    this.#isCreating = true;
    this.#enqueuedTokens += first.tokens;
    if (jobsPerHour !== Infinity) this.#createdAt.push(now);
    first.enter();
  }
}
