import type { Clock } from "../clock.ts";
import { codeOf, type ErrorCode } from "../errors.ts";
import type { BatchOptions, Price, Usage } from "../options.ts";
import type { FinishReport, FinishStatus, Progress, TotalUsage } from "../report.ts";

const PROGRESS_INTERVAL_MS = 100;

/** Counts what happens in one batch, over all its stages, for `onProgress` and `onFinish`. */
export class Meter {
  fulfilled = 0;
  rejected = 0;
  requests = 0;
  retries = 0;
  inFlight = 0;
  waitedMs = 0;
  readonly failures: Partial<Record<ErrorCode, number>> = {};
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #onProgress: ((progress: Progress) => void) | undefined;
  readonly #intervalMs: number;
  #nextProgressAt = -Infinity;
  #waiting = 0;
  #inputTokens = 0;
  #outputTokens = 0;
  #totalTokens = 0;
  #cost = 0;

  constructor(options: BatchOptions, clock: Clock) {
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#onProgress = options.onProgress;
    this.#intervalMs = options.progressIntervalMs ?? PROGRESS_INTERVAL_MS;
  }

  get usage(): TotalUsage {
    return {
      inputTokens: this.#inputTokens,
      outputTokens: this.#outputTokens,
      totalTokens: this.#totalTokens,
      cost: this.#cost,
    };
  }

  get totalTokens(): number {
    return this.#totalTokens;
  }

  get cost(): number {
    return this.#cost;
  }

  /** Adds what one call used. What is missing or no finite number counts nothing (P9). */
  use(usage: Usage, price: Price | undefined): void {
    const input = finite(usage.inputTokens);
    const output = finite(usage.outputTokens);
    const total = usage.totalTokens === undefined ? input + output : finite(usage.totalTokens);
    this.#inputTokens += input;
    this.#outputTokens += output;
    this.#totalTokens += total;
    this.#cost +=
      usage.cost === undefined
        ? costOf(usage.inputTokens === undefined ? total - output : input, output, price)
        : finite(usage.cost);
  }

  failed(error: Error): void {
    this.rejected++;
    const code = codeOf(error);
    this.failures[code] = (this.failures[code] ?? 0) + 1;
  }

  /** A request begins to wait for a limit; the returned function ends that. */
  waiting(): () => void {
    const since = this.#clock.now();
    this.#waiting++;
    return () => {
      this.#waiting--;
      this.waitedMs += this.#clock.now() - since;
    };
  }

  /** Calls `onProgress` if it is time to, or if this is the end. */
  progress(total: number | undefined, last: boolean): void {
    if (this.#onProgress === undefined) return;
    const now = this.#clock.now();
    if (!last && now < this.#nextProgressAt) return;
    this.#nextProgressAt = now + this.#intervalMs;
    const done = this.fulfilled + this.rejected;
    const elapsedMs = now - this.#startedAt;
    const pace = elapsedMs > 0 ? done / elapsedMs : 0;
    this.#onProgress({
      done,
      failed: this.rejected,
      total,
      requests: this.requests,
      retries: this.retries,
      inFlight: this.inFlight,
      waitingForLimits: this.#waiting > 0,
      usage: this.usage,
      itemsPerSecond: pace * 1000,
      elapsedMs,
      remainingMs: total === undefined || pace === 0 ? undefined : (total - done) / pace,
    });
  }

  finish(status: FinishStatus, pulled: number, reason: unknown): Omit<FinishReport, "outcomes"> {
    return {
      status,
      fulfilled: this.fulfilled,
      rejected: this.rejected,
      unfinished: Math.max(0, pulled - this.fulfilled - this.rejected),
      failures: this.failures,
      requests: this.requests,
      retries: this.retries,
      usage: this.usage,
      waitedMs: this.waitedMs,
      durationMs: this.#clock.now() - this.#startedAt,
      reason,
    };
  }
}

/** What tokens cost at a price, in the price's currency; 0 without one. */
export function costOf(inputTokens: number, outputTokens: number, price: Price | undefined): number {
  const input = inputTokens * (price?.perMillionInputTokens ?? 0);
  const output = outputTokens * (price?.perMillionOutputTokens ?? 0);
  return (input + output) / 1_000_000;
}

function finite(value: number | undefined): number {
  return value !== undefined && Number.isFinite(value) ? value : 0;
}
