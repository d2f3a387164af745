import { type ErrorFacts, factsOf, isFatal, isRetryable } from "../contract/error-facts.ts";
import type { Chunk, Failing } from "../engine/intake/chunk.ts";
import type { AnyStageContext } from "../engine/stage-context.ts";
import type { Failure, Judgment } from "./failure.ts";
import { Refusals } from "./refusals.ts";
import { Silence } from "./silence.ts";
import { attemptsWhere, isTooLong, isUnavailable, isWorthRetrying, mayRetry } from "./retry-policy.ts";

/** Milliseconds after which a run ends in which nothing ever got through, and a failure that keeps others off uses up tries. */
const LONG_MS = 120_000;
/** Milliseconds without an answer after which one more input is asked than may be under way. */
export const QUIET_MS = 30_000;
/** Tries after the first one for an answer of the wrong shape, and for many inputs at once where others are answered or a limit refuses them. */
const RETRIES = 2;
/** Inputs, one after another, that end the run: told to wait for longer than is obeyed; or without an answer in time, since some may hang by their own fault. */
const LONG_WAITS = 3;
const HANGING = 5;
/** First calls over which a provider is judged, and the share that it answers where a failure may be an input's fault. */
const MEMORY = 20;
const RELIABLE = 0.6;

/** Health of the provider by one stage's calls, and so what a failure means: an outage, a limit, or a bad input. */
export class Health {
  /** Calls that brought a result. */
  passed = 0;
  readonly refusals: Refusals = new Refusals();
  readonly #context: AnyStageContext;
  readonly #attempts: number;
  readonly #outageMs: number;
  #answered = 1;
  /** Inputs of the largest call that passed, and refusals by a rate limit since anything was answered. */
  #largest = 0;
  #refused = 0;
  /** Inputs that had an outcome by the last failure. */
  #settled = 0;
  /** Calls that were answered, be it with a refusal, and how many of them had been by the last failure. What follows counts since then. */
  #heard = 0;
  #seen = -1;
  #silence: Silence | undefined;
  /** Inputs, or the first ones of requests, that failed for the first time. */
  readonly #fresh = new Set<number | undefined>();

  constructor(context: AnyStageContext) {
    this.#context = context;
    ({ attempts: this.#attempts = 1, outageMs: this.#outageMs = 0 } = context.options.retry ?? {});
  }

  /** True where a malformed answer is asked for again, also that to one input alone. An override sees to its own. */
  get asksAgain(): boolean {
    const { strategy } = this.#context.options;
    return this.#outageMs > 0 && !(strategy.kind === "many" && strategy.isOverride);
  }

  /** True where what is refused may be refused for all inputs: no new work is sent before it has been asked. */
  get isInDoubt(): boolean {
    return this.refusals.isInDoubt && this.refusals.passed === this.passed;
  }

  /** Milliseconds after which a run ends in which nothing gets through any more. */
  get boundMs(): number {
    return this.passed === 0 ? Math.min(this.#outageMs, LONG_MS) : this.#outageMs;
  }

  /** A call brought a result. */
  pass(chunk: Chunk<unknown>): void {
    this.passed++;
    this.#heard++;
    this.#largest = Math.max(this.#largest, chunk.size);
    if (chunk.attempts === 1) this.#answered += (1 - this.#answered) / MEMORY;
  }

  /**
   * A call failed, or brought nothing but wrong results.
   *
   * @param settled inputs that have an outcome
   * @param size inputs that failed together
   */
  fail(chunk: Chunk<unknown>, error: Error, settled: number, size: number = chunk.size): void {
    this.#settled = settled;
    const facts = factsOf(error);
    chunk.isSlow = facts.code === "timeout";
    const now = this.#context.options.clock.now();
    if (this.#heard !== this.#seen) {
      this.#seen = this.#heard;
      this.#refused = 0;
      (this.#silence ??= new Silence()).begin(now);
      this.#fresh.clear();
    }
    this.#silence?.failed(now, facts, this.#outageMs);
    if (this.refusals.passed !== this.passed) this.refusals.reset(this.passed);
    if (isTooLong(facts, this.#context.options)) this.refusals.postpone(chunk);
    const isSilence = isUnavailable(facts, size);
    if (chunk.attempts === 1 && isSilence) this.#answered -= this.#answered / MEMORY;
    if (isSilence || facts.code === "rate_limited") {
      const failing = (chunk.failing ??= this.begin());
      // What was refused by a limit is new to an outage.
      if (isSilence && failing.count++ === 0) this.#fresh.add(chunk.indexes[0]);
      failing.isOvertaken = this.#heard > failing.last;
      failing.last = this.#heard;
      if (isSilence) return;
      failing.refusals++;
      // Where as few as have passed are refused, it is not their number.
      this.#refused += size > this.#largest ? 1 : -Infinity;
      return;
    }
    this.#heard++;
    chunk.failing = undefined;
    if (facts.code === "invalid_result") chunk.wrong++;
    if (this.#context.options.isPatient && !isRetryable(facts)) this.refusals.add(chunk, error, facts);
  }

  /** Tells whether nothing has been answered for so long. @default as long as is waited */
  isSilent(ms: number = this.boundMs): boolean {
    return this.#heard === this.#seen && (this.#silence?.ms(this.#context.options.clock.now()) ?? 0) >= ms;
  }

  /** A first failure, now. */
  begin(): Failing {
    const heard = this.#heard;
    return { since: this.#context.options.clock.now(), heard, last: heard, count: 0, isOvertaken: false, refusals: 0 };
  }

  /**
   * True where failures are laid to the inputs: others were answered since, and no new ones fail (three near the end,
   * where few are new); or these keep others off for long.
   */
  isBlamed(chunk: Chunk<unknown>): boolean {
    if (chunk.failing === undefined) return false;
    if (this.#fresh.size <= 2 && this.#isOld(chunk)) return true;
    const isNew = this.#heard === this.#seen && this.#fresh.size >= (this.#context.source.ended ? 3 : 1);
    return this.#heard > chunk.failing.heard && !isNew;
  }

  /** True where calls are refused time and again, and none as large has ever passed: it may be too heavy for the limit. */
  doubtsSize({ size }: Chunk<unknown>): boolean {
    const isInARow = this.#heard === this.#seen && this.#refused > RETRIES;
    return isInARow && size > this.#largest && this.#context.options.isPatient;
  }

  /** True where no other call can succeed either. A key and options with which something got through are not to blame. */
  isFatal(facts: ErrorFacts): boolean {
    if (!this.#context.options.isPatient) return isFatal(facts);
    if (isTooLong(facts, this.#context.options) && this.refusals.postponed >= LONG_WAITS) return true;
    return isFatal(facts) && (this.passed === 0 || facts.code.endsWith("_exceeded"));
  }

  /** Decides what follows from a failure. A request that took too long is sent in parts. */
  judge({ chunk, error, isWhole }: Failure<unknown>): Judgment {
    const { retry } = this.#context.options;
    if (retry === undefined) return "over";
    const facts = factsOf(error);
    if (facts.code === "invalid_result" && this.asksAgain) return chunk.wrong <= RETRIES ? "try" : "over";
    if (!this.#context.options.isPatient) return mayRetry(chunk, error, retry) ? "try" : "over";
    if (!isWorthRetrying(error, facts, retry)) return "over";
    if (facts.code === "rate_limited") return this.#judgeRefusal(chunk);
    const size = isWhole ? chunk.size : 1;
    if (facts.code === "timeout" && size > 1) return "over";
    return isUnavailable(facts, size) ? this.#judgeSilence(chunk, size, facts.isUnsent) : this.#try(chunk);
  }

  /** A refusal by a rate limit says nothing of the input, unless it is the request that is too heavy for the limit. */
  #judgeRefusal(chunk: Chunk<unknown>): Judgment {
    // Where others get through, there is more to wait for.
    const isShared = (this.#context.options.limiter?.silentMs ?? Infinity) < LONG_MS;
    if (this.isSilent(isShared ? this.#outageMs : undefined)) return "end";
    const { failing } = chunk;
    if (chunk.size > 1 && failing?.isAsked === true && this.doubtsSize(chunk)) return "over";
    if (failing === undefined || failing.refusals < this.#attempts || failing.heard === this.#heard) return "wait";
    return this.#isOld(chunk, chunk.size > 1 ? LONG_MS : this.boundMs) ? "over" : "wait";
  }

  #judgeSilence(chunk: Chunk<unknown>, size: number, isUnsent: boolean): Judgment {
    const isOvertaken = chunk.failing?.isOvertaken === true;
    if (size > 1 && isOvertaken && !isUnsent) return "over";
    const isShaky = isOvertaken && this.#answered < RELIABLE;
    const ms = chunk.isSlow && this.#fresh.size < HANGING ? this.#outageMs : undefined;
    if (isShaky || this.#isOutage(chunk, isUnsent)) return this.isSilent(ms) ? "end" : "wait";
    // Where others are answered, many are sent in parts before their tries are used up.
    return size > 1 && chunk.retries >= RETRIES && this.isBlamed(chunk) ? "over" : this.#try(chunk);
  }

  #try(chunk: Chunk<unknown>): Judgment {
    // What takes too long is hardly chance, and each try takes as long.
    const failing = chunk.isSlow ? 0 : 1 - Math.max(this.#answered, RELIABLE);
    return chunk.retries < attemptsWhere(failing, this.#attempts) - 1 ? "try" : "over";
  }

  /** Tells whether a failure belongs to an outage, as what was not sent does. The last two inputs of a batch may each be bad. */
  #isOutage(chunk: Chunk<unknown>, isUnsent: boolean): boolean {
    const { options, source } = this.#context;
    if (isUnsent) return options.limiter !== undefined;
    const isLast = source.ended && source.pulled - this.#settled <= 2;
    return options.limiter?.outage !== undefined && !isLast && !this.isBlamed(chunk);
  }

  /** True where inputs have failed for so long that others are to be asked instead. */
  #isOld({ failing }: Chunk<unknown>, ms: number = LONG_MS): boolean {
    return failing !== undefined && this.#context.options.clock.now() - failing.since >= ms;
  }
}
