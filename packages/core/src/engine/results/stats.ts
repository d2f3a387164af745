import type { Clock } from "../../contract/clock.ts";
import { codeOf, type ErrorCode } from "../../contract/errors.ts";
import type { OutageFacts, RateLimiter } from "../../contract/rate-limiter.ts";
import type { FinishReport, FinishStatus, TokenPrices, TotalUsage, Usage } from "../../contract/report.ts";
import type { BatchOptions } from "../../contract/runnable.ts";

const PROGRESS_INTERVAL_MS = 100;

/** Statistics of one batch, over all its stages, for `onProgress` and `onFinish`. */
export class Stats {
  readonly #options: BatchOptions;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #failures: Partial<Record<ErrorCode, number>> = {};
  readonly #usage = { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, totalTokens: 0, cost: 0 };
  readonly #limiters = new Set<RateLimiter>();
  #fulfilled = 0;
  #rejected = 0;
  #requests = 0;
  #retries = 0;
  #inFlight = 0;
  #waiting = 0;
  #waitedMs = 0;
  #nextProgressAt = -Infinity;

  constructor(options: BatchOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#startedAt = clock.now();
  }

  /** Inputs that have an outcome. */
  get done(): number {
    return this.#fulfilled + this.#rejected;
  }

  get usage(): TotalUsage {
    return this.#usage;
  }

  fulfilled(): void {
    this.#fulfilled++;
  }

  rejected(error: Error): void {
    this.#rejected++;
    const code = codeOf(error);
    this.#failures[code] = (this.#failures[code] ?? 0) + 1;
  }

  callBegins(): void {
    this.#inFlight++;
  }

  callEnds(): void {
    this.#inFlight--;
    this.#requests++;
  }

  retried(): void {
    this.#retries++;
  }

  /** Adds what one call used. A missing field, or one that is not a finite number, counts nothing (P9). */
  used(usage: Usage, price: TokenPrices | undefined): void {
    this.#usage.inputTokens += finite(usage.inputTokens);
    this.#usage.cachedInputTokens += finite(usage.cachedInputTokens);
    this.#usage.outputTokens += finite(usage.outputTokens);
    this.#usage.totalTokens += totalTokensOf(usage);
    this.#usage.cost += costOf(usage, price);
  }

  /** A limiter whose outages are told in the progress. */
  watch(limiter: RateLimiter): void {
    this.#limiters.add(limiter);
  }

  /** A request begins to wait for a limit; the returned function ends that. */
  waiting(): () => void {
    const since = this.#clock.now();
    this.#waiting++;
    return () => {
      this.#waiting--;
      this.#waitedMs += this.#clock.now() - since;
    };
  }

  /** Calls `onProgress` if it is time to, or if this is the end. */
  progress(total: number | undefined, isLast: boolean): void {
    const { onProgress, progressIntervalMs = PROGRESS_INTERVAL_MS } = this.#options;
    const now = this.#clock.now();
    if (onProgress === undefined || (!isLast && now < this.#nextProgressAt)) return;
    this.#nextProgressAt = now + progressIntervalMs;
    const { done } = this;
    const elapsedMs = now - this.#startedAt;
    const pace = elapsedMs > 0 ? done / elapsedMs : 0;
    onProgress({
      done,
      failed: this.#rejected,
      total,
      requests: this.#requests,
      retries: this.#retries,
      inFlight: this.#inFlight,
      waitingForLimits: this.#waiting > 0,
      outage: this.#outage(),
      usage: { ...this.#usage },
      itemsPerSecond: pace * 1000,
      elapsedMs,
      remainingMs: total === undefined || pace === 0 ? undefined : (total - done) / pace,
    });
  }

  #outage(): OutageFacts | undefined {
    const outage = [...this.#limiters].find((each) => each.outage !== undefined)?.outage;
    return outage && { since: outage.since - this.#startedAt, until: outage.until - this.#startedAt };
  }

  /** The report of a batch that has ended, its outcomes aside. */
  report(status: FinishStatus, pulled: number, reason: unknown): Omit<FinishReport, "outcomes"> {
    return {
      status,
      fulfilled: this.#fulfilled,
      rejected: this.#rejected,
      unfinished: Math.max(0, pulled - this.done),
      failures: this.#failures,
      requests: this.#requests,
      retries: this.#retries,
      usage: { ...this.#usage },
      waitedMs: this.#waitedMs,
      durationMs: this.#clock.now() - this.#startedAt,
      reason,
    };
  }
}

/** Tokens of input and output; 0 where none are reported. */
export function totalTokensOf({ inputTokens, outputTokens, totalTokens }: Usage): number {
  return totalTokens === undefined ? finite(inputTokens) + finite(outputTokens) : finite(totalTokens);
}

/**
 * Cost of a call, in the price's currency: what the provider says or, where it does not, its tokens at the price; 0
 * without one.
 */
export function costOf(usage: Usage, price: TokenPrices | undefined): number {
  if (usage.cost !== undefined) return finite(usage.cost);
  if (price === undefined) return 0;
  const { perMillionInputTokens: full = 0, perMillionOutputTokens = 0 } = price;
  const { perMillionCachedInputTokens = full, perMillionCacheWriteTokens = full } = price;
  const output = finite(usage.outputTokens);
  const input = usage.inputTokens === undefined ? totalTokensOf(usage) - output : finite(usage.inputTokens);
  const cached = Math.min(finite(usage.cachedInputTokens), input);
  const written = Math.min(finite(usage.cacheWriteTokens), input - cached);
  const plain = (input - cached - written) * full;
  const cost = plain + cached * perMillionCachedInputTokens + written * perMillionCacheWriteTokens;
  return (cost + output * perMillionOutputTokens) / 1_000_000;
}

function finite(value: number | undefined): number {
  return value !== undefined && Number.isFinite(value) ? value : 0;
}
