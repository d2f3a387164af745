import { BatchwiseError, type Clock, type ErrorCode, type Runnable } from "@batchwise/core";

/** Milliseconds for which chunks are left for later; less where nothing ever got through. As a batch waits for its provider. */
const OUTAGE_MS = 900_000;
const FIRST_OUTAGE_MS = 120_000;

/** Failures that say nothing of an input. */
const UNANSWERED: ReadonlySet<ErrorCode> = new Set(["network_error", "provider_error", "timeout"]);

/**
 * Outage of a worker's provider, by its chunks. A batch judges failures by its other calls; a chunk, above all of one input, may
 * have none. So a chunk of which nothing was answered is given back, until another one gets through or the time is up.
 */
export class ChunkOutage {
  readonly #clock: Clock;
  readonly #outageMs: number;
  /** Times at which chunks were first given back. */
  readonly #since = new Map<string, number>();
  #answeredAt = -Infinity;

  constructor({ settings }: Runnable<unknown, unknown>, clock: Clock) {
    this.#clock = clock;
    const retry = settings?.retry;
    const retries = retry !== undefined && retry !== false && retry.attempts !== 1;
    this.#outageMs = retries ? (retry.outageMs ?? OUTAGE_MS) : 0;
  }

  /** Tells whether a chunk is given back for later. */
  holds(chunk: string, slots: readonly unknown[]): boolean {
    const now = this.#clock.now();
    const since = this.#since.get(chunk) ?? now;
    const isAnswered = !slots.every(isUnanswered);
    if (isAnswered) this.#answeredAt = now;
    const boundMs = this.#answeredAt === -Infinity ? Math.min(FIRST_OUTAGE_MS, this.#outageMs) : this.#outageMs;
    const isHeld = !isAnswered && this.#answeredAt <= since && now - since < boundMs;
    if (isHeld) this.#since.set(chunk, since);
    else this.#since.delete(chunk);
    return isHeld;
  }
}

function isUnanswered(slot: unknown): boolean {
  return BatchwiseError.isInstance(slot) && slot.retryable && UNANSWERED.has(slot.code);
}
