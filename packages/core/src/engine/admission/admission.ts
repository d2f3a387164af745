import type { Reservation, ReserveOptions, Settlement } from "../../contract/rate-limiter.ts";
import { demandOf } from "../../rate-limit/calibration.ts";
import type { Chunk } from "../intake/chunk.ts";
import type { ResolvedOptions } from "../resolve/resolve-options.ts";
import type { Stats } from "../results/stats.ts";
import type { AnyStageContext } from "../stage-context.ts";
import { OuterTime } from "./outer-time.ts";
import { FREE, giveBack, type Pass } from "./pass.ts";
import { holds, type Semaphore } from "./semaphore.ts";

/** Admission of chunks to their calls: rate limits first, so that what waits for them holds no permit; retries ahead of new work. */
export class Admission {
  readonly semaphore: Semaphore;
  /** The semaphore may allow more than their `maxConcurrency`, for others. */
  readonly #options: ResolvedOptions<never, unknown>;
  readonly #stats: Stats;
  /** Aborted as soon as nothing new may start. */
  readonly stopping: AbortSignal;
  readonly #reserve: ReserveOptions;
  /** Permits held. */
  #held = 0;
  /** Calls in flight, and answers being checked. */
  #busy = 0;
  /** Chunks that wait at the limits. */
  #atLimits = 0;
  readonly #outerTime: OuterTime | undefined;
  /** True while new work waits at the limits. Never more than one chunk of it does. */
  #isParked = false;
  /** Chunks that wait at the limits and may take too long again. */
  #slow = 0;
  /** Chunks that have passed the limits and wait for a permit; each is told whether it got one. */
  readonly #waiting: ((granted: boolean) => void)[] = [];
  #isClosed = false;
  /** Cancels the end of the patience of the first that waits for a permit. */
  #cancelPatience: (() => void) | undefined;

  /** @param stop is aborted where nothing new may start in this stage alone */
  constructor({ batch, options, semaphore }: AnyStageContext, stop?: AbortController) {
    this.semaphore = semaphore;
    this.#options = options;
    this.#stats = batch.stats;
    this.stopping = stop === undefined ? batch.draining : AbortSignal.any([batch.draining, stop.signal]);
    const { limiter, parent, statedConcurrency: concurrency } = options;
    if (limiter !== undefined && batch.hooks.onProgress !== undefined) batch.stats.watch(limiter);
    this.#outerTime = parent && new OuterTime(parent);
    this.#reserve = { concurrency, nested: limiter && parent && holds(parent, limiter) };
  }

  /** New calls that could begin now: 0 while new work waits at the limits. */
  get places(): number {
    return this.#isParked ? 0 : this.#options.maxConcurrency - this.#busy;
  }

  /** True while a call is in flight, or its answer is being checked. */
  get isBusy(): boolean {
    return this.#busy > 0;
  }

  /** True where an older claim waits for a permit. */
  get isContended(): boolean {
    return this.#waiting.length > 0 || this.semaphore.isContended;
  }

  /** Gives a free permit to the chunk that has waited longest. Undefined where none waits; false where no permit is free. */
  serve(): boolean | undefined {
    if (this.#waiting.length === 0) return undefined;
    if (!this.tryEnter()) {
      this.#startPatience();
      return false;
    }
    this.#cancelPatience?.();
    this.#cancelPatience = undefined;
    this.#waiting.shift()?.(true);
    return true;
  }

  /** Takes a permit if one is free, and if this stage may have one more call in flight. */
  tryEnter(): boolean {
    if (this.#held >= this.#options.maxConcurrency || !this.semaphore.tryAcquire()) return false;
    this.#held++;
    return true;
  }

  /** Gives a permit back, and offers it to every stage that may have work for it. */
  leave(): void {
    this.#held--;
    this.semaphore.release();
  }

  /** The limits' leave without waiting, for a chunk that has a permit; undefined where it would have to wait. */
  tryPass(chunk: Chunk<unknown>): Pass | undefined {
    const { limiter } = this.#options;
    if (limiter === undefined) return FREE;
    const options = this.#options.size === undefined ? this.#reserve : this.#reserveOptions();
    const reservation = limiter.tryReserve?.(demandOf(chunk, this.#options.calibration), options);
    return reservation && { reservation };
  }

  /** Gives the permit up, waits at the limits, and takes a permit again. Undefined where the batch ends first. */
  async park(chunk: Chunk<unknown>): Promise<Pass | undefined> {
    this.#isParked = true;
    this.leave();
    try {
      // In an outage it asks before what has failed already; and it goes before what may take too long again.
      const isAsking = this.#options.limiter?.outage !== undefined && this.#options.parent?.isRetry !== true;
      return await this.pass(chunk, isAsking || this.#slow > 0);
    } finally {
      this.#isParked = false;
      // Others may have waited for this one to pass.
      this.semaphore.wake();
    }
  }

  /** Waits for the limits and then for a permit. Undefined where the batch ends first. */
  async pass(chunk: Chunk<unknown>, urgent: boolean): Promise<Pass | undefined> {
    const { limiter } = this.#options;
    /* oxlint-disable no-await-in-loop -- it begins anew after a pause, or where it has lost its patience with the permits */
    for (let isUrgent = urgent; ;) {
      let reservation: Reservation | undefined;
      if (limiter !== undefined) {
        const resume = this.#stats.waiting();
        this.#atLimits++;
        this.#outerTime?.tell(this.#busy, this.#atLimits);
        if (chunk.isSlow) this.#slow++;
        try {
          const options = { ...this.#reserveOptions(), signal: this.stopping, urgent: isUrgent };
          reservation = await limiter.reserve(demandOf(chunk, this.#options.calibration), options);
        } catch (error) {
          if (this.stopping.aborted) return undefined;
          throw error;
        } finally {
          if (chunk.isSlow) this.#slow--;
          this.#atLimits--;
          this.#outerTime?.tell(this.#busy, this.#atLimits);
          resume();
        }
      }
      if (await this.#enter()) {
        const pauseMs = reservation?.waitMs?.() ?? 0;
        if (pauseMs <= 0) reservation?.begin?.();
        if (pauseMs <= 0 && !this.stopping.aborted) return { reservation };
        // All calls were asked to wait meanwhile, or the batch ended in the very turn in which the permit was granted.
        this.leave();
      } else isUrgent = false;
      giveBack({ reservation });
      if (this.#isClosed || this.stopping.aborted) return undefined;
    }
    /* oxlint-enable no-await-in-loop */
  }

  /** A call begins. */
  begin(): void {
    this.#busy++;
    this.#outerTime?.tell(this.#busy, this.#atLimits);
  }

  /** A call has ended and its outcomes are settled: only now may others that wait for the limits go (L12). */
  end({ reservation }: Pass, settlement: Settlement | undefined): void {
    this.#busy--;
    this.#outerTime?.tell(this.#busy, this.#atLimits);
    if (settlement !== undefined) reservation?.settle(settlement);
  }

  #reserveOptions(): ReserveOptions {
    const concurrency = this.#options.size?.inFlight;
    return concurrency === undefined ? this.#reserve : { ...this.#reserve, concurrency };
  }

  /** Lets nothing through any more. */
  close(): void {
    this.#isClosed = true;
    this.#cancelPatience?.();
    for (const tell of this.#waiting.splice(0)) tell(false);
  }

  /** Waits for a permit. False where it gets none: the batch ends, or what holds permits may wait for the reservation. */
  async #enter(): Promise<boolean> {
    if (this.stopping.aborted) return false;
    if (this.#waiting.length === 0 && this.tryEnter()) return true;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#startPatience();
    });
  }

  /** Patience of the first that waits: without any permit for a while, it gives back a reservation that a batch inside of a call may need. */
  #startPatience(): void {
    const { clock, limiter } = this.#options;
    if (limiter === undefined || this.#cancelPatience !== undefined || !this.semaphore.isContended) return;
    this.#cancelPatience = clock.after(PATIENCE_MS, () => {
      this.#cancelPatience = undefined;
      this.#waiting.shift()?.(false);
      // Each holds a reservation.
      if (this.#waiting.length > 0) this.#startPatience();
    });
  }
}

/** Milliseconds for which a reservation is held without a permit, where others may hold permits and wait for the limits. */
const PATIENCE_MS = 5000;
