import { type ErrorFacts, factsOf, isFatal, isRetryable } from "../contract/error-facts.ts";
import type { Chunk, Failing } from "../engine/intake/chunk.ts";
import type { AnyStageContext } from "../engine/stage-context.ts";
import { Refusals } from "./refusals.ts";
import { Silence } from "./silence.ts";
import { isTooLong, isUnavailable, LONG_MS, RETRIES } from "./retry-policy.ts";

/** Milliseconds without an answer after which one more input is asked than may be under way. */
export const QUIET_MS = 30_000;
/** Inputs, one after another, that end the run: told to wait for longer than is obeyed; or without an answer in time, since some may hang by their own fault. */
const LONG_WAITS = 3;
const HANGING = 5;
/** First calls over which a provider is judged. */
const MEMORY = 20;
/** Further calls over which its inputs are. */
const LONG_MEMORY = 40;

/** Health of the provider, by what becomes of one stage's calls. */
export class Health {
  /** Calls that brought a result. */
  passed = 0;
  readonly refusals: Refusals = new Refusals();
  protected readonly context: AnyStageContext;
  protected readonly attempts: number;
  protected readonly outageMs: number;
  /** Share of first calls that the provider answers. */
  protected answered = 1;
  /** The same of further ones for an input that failed alone, while others were answered. */
  protected again = 1;
  /** Inputs of the smallest chunk that was too heavy for a limit. */
  protected heavy: number = Infinity;
  /** Inputs of the largest call that passed. */
  #largest = 0;
  /** Refusals by a rate limit of larger ones, since anything was answered. */
  #refused = 0;
  /** Inputs that had an outcome by the last failure. */
  #settled = 0;
  /** Calls that were answered, be it with a refusal, and how many of them had been by the last failure. What follows counts since then. */
  protected heard = 0;
  #seen = -1;
  #silence: Silence | undefined;
  /** Inputs, or the first ones of requests, that failed for the first time. */
  readonly #fresh = new Set<number | undefined>();

  constructor(context: AnyStageContext) {
    this.context = context;
    ({ attempts: this.attempts = 1, outageMs: this.outageMs = 0 } = context.options.retry ?? {});
  }

  /** True where a malformed answer is asked for again, also that to one input alone. An override sees to its own. */
  get asksAgain(): boolean {
    const { strategy } = this.context.options;
    return this.outageMs > 0 && !(strategy.kind === "many" && strategy.isOverride);
  }

  /** True where what is refused may be refused for all inputs: no new work is sent before it has been asked. */
  get isInDoubt(): boolean {
    return this.refusals.isInDoubt && this.refusals.passed === this.passed;
  }

  /** True where an input that was sent alone was not answered in time, and nothing has been since: it may be the provider that hangs. */
  get mayHang(): boolean {
    return this.#hanging > 0 && this.heard === this.#seen && this.context.options.isPatient;
  }

  /** Milliseconds after which a run ends in which nothing gets through any more. */
  get boundMs(): number {
    return this.passed === 0 ? Math.min(this.outageMs, LONG_MS) : this.outageMs;
  }

  /** A call brought a result. */
  pass(chunk: Chunk<unknown>): void {
    this.passed++;
    this.heard++;
    this.#largest = Math.max(this.#largest, chunk.size);
    if ((chunk.failing?.alone ?? 0) > 0) this.again += (1 - this.again) / LONG_MEMORY;
    if (chunk.attempts === 1) this.answered += (1 - this.answered) / MEMORY;
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
    const now = this.context.options.clock.now();
    if (this.heard !== this.#seen) {
      this.#seen = this.heard;
      this.#refused = 0;
      (this.#silence ??= new Silence()).begin(now);
      this.#fresh.clear();
    }
    // What failed before the last answer says nothing of what follows it.
    const isNew = (chunk.failing?.heard ?? this.heard) === this.heard;
    if (chunk.isSlow && size === 1 && isNew) this.#silence?.hanging.add(chunk.indexes[0]);
    this.#silence?.failed(now, facts, this.outageMs);
    if (this.refusals.passed !== this.passed) this.refusals.reset(this.passed);
    if (isTooLong(facts, this.context.options)) this.refusals.postpone(chunk);
    const isSilence = isUnavailable(facts, size);
    if (chunk.attempts === 1 && isSilence) this.answered -= this.answered / MEMORY;
    if (isSilence || facts.code === "rate_limited") {
      const failing = (chunk.failing ??= this.begin());
      // What was refused by a limit is new to an outage.
      if (isSilence && failing.count++ === 0) this.#fresh.add(chunk.indexes[0]);
      failing.isOvertaken = this.heard > failing.last;
      failing.last = this.heard;
      if (isSilence && size === 1 && failing.alone++ > 0 && failing.isOvertaken) this.again -= this.again / LONG_MEMORY;
      if (isSilence) return;
      failing.refusals++;
      // Where as few as have passed are refused, it is not their number.
      this.#refused += this.isLarger(size) ? 1 : -Infinity;
      return;
    }
    this.heard++;
    chunk.failing = undefined;
    if (facts.code === "invalid_result") chunk.wrong++;
    if (this.context.options.isPatient && !isRetryable(facts)) this.refusals.add(chunk, error, facts);
  }

  /** Tells whether nothing has been answered for so long. @default as long as is waited */
  isSilent(ms: number = this.boundMs): boolean {
    return this.heard === this.#seen && (this.#silence?.ms(this.context.options.clock.now()) ?? 0) >= ms;
  }

  /** A first failure, now. */
  begin(): Failing {
    const heard = this.heard;
    return {
      since: this.context.options.clock.now(),
      heard,
      last: heard,
      count: 0,
      alone: 0,
      isOvertaken: false,
      refusals: 0,
    };
  }

  /**
   * True where failures are laid to the inputs: others were answered since, and no new ones fail (three near the end,
   * where few are new); or these keep others off for long.
   */
  isBlamed(chunk: Chunk<unknown>): boolean {
    if (chunk.failing === undefined) return false;
    if (this.#fresh.size <= 2 && this.isOld(chunk)) return true;
    const isNew = this.heard === this.#seen && this.#fresh.size >= (this.context.source.ended ? 3 : 1);
    return this.heard > chunk.failing.heard && !isNew;
  }

  /**
   * True where a chunk is refused time and again, or again after a long wait, and none as large has ever passed: it may be
   * too heavy for the limit.
   */
  doubtsSize(chunk: Chunk<unknown>): boolean {
    const { failing, size } = chunk;
    const isInARow = this.heard === this.#seen && this.#refused > 0;
    if (failing === undefined || !isInARow || !this.isLarger(size) || !this.context.options.isPatient) return false;
    const hasWaited = failing.isAsked !== true && this.isOld(chunk, QUIET_MS);
    return this.#refused > RETRIES || failing.refusals > (hasWaited ? 0 : RETRIES);
  }

  /** True where no other call can succeed either. A key and options with which something got through are not to blame. */
  isFatal(facts: ErrorFacts): boolean {
    if (!this.context.options.isPatient) return isFatal(facts);
    if (isTooLong(facts, this.context.options) && this.refusals.postponed >= LONG_WAITS) return true;
    return isFatal(facts) && (this.passed === 0 || facts.code.endsWith("_exceeded"));
  }

  /** Inputs that were sent alone and not answered in time, since anything was. */
  get #hanging(): number {
    return this.#silence?.hanging.size ?? 0;
  }

  /** True where as many different inputs were not answered as make it the provider, and not the inputs. */
  protected get hangs(): boolean {
    return this.#hanging >= Math.min(HANGING, this.passed === 0 ? this.left : HANGING);
  }

  /** Tells whether no call as large has passed. Parts of the same chunk differ by one input. */
  protected isLarger(size: number): boolean {
    return size > this.#largest + 1;
  }

  /** Inputs without an outcome; Infinity where more may come. */
  protected get left(): number {
    const { source } = this.context;
    return source.ended ? source.pulled - this.#settled : Infinity;
  }

  /** True where inputs have failed for so long that others are to be asked instead. */
  protected isOld({ failing }: Chunk<unknown>, ms: number = LONG_MS): boolean {
    return failing !== undefined && this.context.options.clock.now() - failing.since >= ms;
  }
}
