import type { Demand, Settlement } from "../limits/rate-limiter.ts";
import type { Price } from "../options.ts";
import { type CallHost, Caller } from "./call.ts";
import { factsOf } from "./classify.ts";
import { type FastHost, fastLane, isPlain } from "./fast-lane.ts";
import { type Admission, Gate, giveBack } from "./gate.ts";
import type { Meter } from "./meter.ts";
import type { Claimant, Permits } from "./permits.ts";
import type { Plan } from "./plan.ts";
import { Recovery } from "./recover.ts";
import type { Request } from "./request.ts";
import { type Failure, Settler } from "./settle.ts";
import type { Sink } from "./sinks.ts";
import { Supply, type SupplyHost } from "./supply.ts";
import type { Source, SyncSource } from "./window.ts";

/** Near the end of a batch, a request that waits at the limits is at most this share of what has not been sent. */
const LANE_SHARE = 1 / 2;

/** What a run has of the batch it works for. */
export interface RunHost extends CallHost {
  /** Aborted as soon as nothing new may start: what waits need not wait any longer. */
  readonly halted: AbortSignal;
  /** Whether this many more tokens may be spent; ends the batch where not. */
  afford(tokens: number, price: Price | undefined): boolean;
  /** No further input can succeed: ends the batch. */
  fatal(error: Error): void;
  /** Something broke that is no item's failure, such as a hook that threw: ends the batch. */
  crash(error: unknown): void;
  /** Every input has its outcome, or the batch is being ended and nothing is in flight. */
  ended(): void;
}

/**
 * One Runnable's work through its inputs:
 *
 *     window -> pack -> gate -> call -> check -> settle
 *                        ^        |
 *                        +-- recover
 *
 * Work goes on in lanes. A lane holds one permit and makes one call after another, as a hand-written loop would. What
 * fails leaves the lane and goes to `recover`, which comes back to the gate ahead of new work.
 */
export class Run<Input, Output> implements Claimant, SupplyHost, FastHost<Input, Output> {
  readonly plan: Plan<Input, Output>;
  readonly #sink: Sink<Input, Output>;
  readonly #host: RunHost;
  readonly #supply: Supply<Input, Output>;
  readonly #gate: Gate;
  readonly #caller: Caller<Input, Output>;
  readonly #settler: Settler<Input, Output>;
  readonly #recovery: Recovery<Input, Output>;
  /** The source, where the fast lane will do. */
  readonly #fast: SyncSource<Input> | undefined;
  /** Calls in flight, and answers being checked. */
  #busy = 0;
  /** Whether a lane's request waits at the limits. Never more than one does. */
  #parked = false;
  #refused: Error | undefined;
  #stopped = false;
  #closed = false;
  #ended = false;

  constructor(
    plan: Plan<Input, Output>,
    source: Source<Input>,
    sink: Sink<Input, Output>,
    host: RunHost,
    permits: Permits,
  ) {
    this.plan = plan;
    this.#sink = sink;
    this.#host = host;
    this.#gate = new Gate(permits, plan, host.meter, host.halted);
    this.#caller = new Caller(plan, host, permits);
    this.#settler = new Settler(plan, sink);
    this.#recovery = new Recovery(this, this.#settler, host);
    this.#supply = new Supply(plan, source, sink, this.#settler, this);
    this.#fast = isPlain(plan, host.hooks) && "advance" in source ? (source as SyncSource<Input>) : undefined;
  }

  start(): void {
    this.#gate.permits.join(this);
    this.wake();
  }

  /** Looks for work, and whether all is done. Call it when anything has changed that the run waits for. */
  wake(): void {
    if (this.#closed) return;
    this.#gate.permits.offer();
    this.#checkEnd();
  }

  /** Starts nothing new; calls in flight finish. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#gate.close();
    this.#supply.close();
    this.#checkEnd();
  }

  /** Forgets everything: what calls in flight bring is not wanted any more. */
  close(): void {
    this.#closed = true;
    this.#ended = true;
    this.#settler.close();
    this.stop();
    this.#gate.permits.leave(this);
  }

  /** Makes no further call: no input can succeed here. Where another stage takes on what fails, every one goes there. */
  refuse(error: Error): void {
    if (this.#sink.catches === true) this.#refused ??= error;
    else this.#host.fatal(error);
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** Whether nothing is under way that could bring outcomes. */
  get idle(): boolean {
    return this.#supply.idle;
  }

  // ---- what the supply asks ----

  get places(): number {
    return this.#parked ? 0 : this.plan.maxConcurrency - this.#busy;
  }

  demandOf(request: Request<unknown>): Demand {
    return this.#gate.demandOf(request);
  }

  offer(): void {
    this.#gate.permits.offer();
  }

  // ---- lanes ----

  claim(): boolean {
    if (this.#closed) return false;
    const served = this.#gate.serve();
    if (served !== false) return served === true;
    const lane = this.#fast === undefined ? this.#openLane() : this.#openFastLane(this.#fast);
    if (lane === undefined) {
      // Another run's permit was offered, and the source turned out to have ended. Not from within the offer.
      if (this.#supply.isDone) queueMicrotask(() => this.#checkEnd());
      return false;
    }
    void this.#ride(lane);
    return true;
  }

  /** A lane with a permit and its first request; undefined where either is missing. */
  #openLane(): (() => Promise<boolean>) | undefined {
    if (!this.#supply.ready || !this.#gate.tryEnter()) return undefined;
    const request = this.#supply.take();
    if (request !== undefined) return () => this.#lane(request);
    this.#gate.putBack();
    return undefined;
  }

  #openFastLane(source: SyncSource<Input>): (() => Promise<boolean>) | undefined {
    if (source.ended || !this.#supply.mayStart || !this.#gate.tryEnter()) return undefined;
    if (this.#moveOn(source)) return () => this.#fastLane(source);
    this.#gate.putBack();
    return undefined;
  }

  /** Runs a lane to its end, where it gives its permit back. */
  async #ride(lane: () => Promise<boolean>): Promise<void> {
    let holding = true;
    try {
      holding = await lane();
    } catch (error) {
      this.#host.crash(error);
    }
    if (holding) this.#gate.leave();
    this.wake();
  }

  /** One call after another on one permit. Returns whether it still holds the permit. */
  async #lane(first: Request<Input>): Promise<boolean> {
    for (let next: Request<Input> | undefined = first; next !== undefined; next = this.#next()) {
      if (this.#refused !== undefined) {
        this.#settler.rejectAll(next, this.#refused);
        this.#supply.outstanding--;
        continue;
      }
      let request = next;
      let admission = this.#gate.tryPass(request);
      if (admission === undefined) {
        request = this.#supply.lighten(request, LANE_SHARE);
        admission = await this.#park(request);
      }
      if (admission === undefined) return false;
      const left = await this.#attempt(request, admission);
      this.#supply.called(request);
      if (left === undefined || left.request.size === 0) this.#supply.outstanding--;
      else void this.#recover(left);
    }
    return true;
  }

  /** What the lane goes on with; it ends where somebody with an older claim wants its permit. */
  #next(): Request<Input> | undefined {
    return this.#gate.contended ? undefined : this.#supply.take();
  }

  /** Waits at the limits without the permit, and comes back with one. */
  async #park(request: Request<Input>): Promise<Admission | undefined> {
    this.#parked = true;
    this.#gate.leave();
    try {
      return await this.#gate.pass(request, false);
    } catch (error) {
      this.#host.crash(error);
      return undefined;
    } finally {
      this.#parked = false;
      // Others may have waited for this one to pass.
      this.#gate.permits.offer();
    }
  }

  /** One call, and what of it can be settled. Returns what failed: with nothing in it where nothing is left to do. */
  async #attempt(request: Request<Input>, admission: Admission): Promise<Failure<Input> | undefined> {
    // Asked here, with nothing awaited in between: the batch may have ended, or its money gone, at the gate.
    if (this.#stopped || !this.#affords(request)) {
      giveBack(admission);
      return undefined;
    }
    const { reservation } = admission;
    this.#busy++;
    let settlement: Settlement | undefined;
    try {
      const ended = await this.#caller.call(request, reservation);
      settlement = ended.settlement;
      if (this.#closed) return undefined;
      const { answer } = ended;
      const failure =
        answer.error === undefined
          ? await this.#settler.place(request, answer.value, (error) => this.#recovery.mayRetry(request, error))
          : { request, error: answer.error, whole: true };
      return failure && (this.#recovery.settle(failure) ?? { ...failure, request: request.pick([]) });
    } finally {
      this.#busy--;
      // Only now: after a failure that ends the batch, nobody who waits for the limits may go (L12).
      if (settlement !== undefined) reservation?.settle(settlement);
    }
  }

  #affords(request: Request<Input>): boolean {
    const { lookUp, price } = this.plan;
    return lookUp || this.#host.afford(request.tokens, price);
  }

  // ---- recover ----

  portion(request: Request<Input>, share: number): number {
    return this.#supply.portion(request, share);
  }

  isSpare(request: Request<Input>): boolean {
    return this.#supply.isSpare(request);
  }

  async #recover(failure: Failure<Input>): Promise<void> {
    try {
      await this.#recovery.recover(failure);
    } catch (error) {
      // The end of the batch ends a backoff with the signal's reason: that is no crash.
      if (!this.#stopped) this.#host.crash(error);
    }
    this.#supply.outstanding--;
    this.wake();
  }

  /** One more call for inputs that have failed before, ahead of new work. Returns what failed again. */
  async again(request: Request<Input>): Promise<Failure<Input> | undefined> {
    if (this.#refused !== undefined) return { request, error: this.#refused, whole: true };
    const admission = await this.#gate.pass(request, true);
    if (admission === undefined) return undefined;
    try {
      return await this.#attempt(request, admission);
    } finally {
      this.#gate.leave();
      this.#checkEnd();
    }
  }

  /** Tells the host once nothing is left to do. */
  #checkEnd(): void {
    if (this.#ended) return;
    if (this.#busy > 0 || !(this.#stopped || this.#supply.isDone)) return;
    this.#ended = true;
    this.#supply.close();
    this.#gate.permits.leave(this);
    this.#sink.end?.();
    this.#host.ended();
  }

  // ---- the fast lane's host ----

  async #fastLane(source: SyncSource<Input>): Promise<boolean> {
    const { strategy } = this.plan;
    if (strategy.kind !== "one") return true;
    const slot = this.#caller.slot();
    await fastLane(strategy.call, slot.options, source, this);
    this.#caller.giveBack(slot);
    return true;
  }

  get meter(): Meter {
    return this.#host.meter;
  }

  busy(change: 1 | -1): void {
    this.#busy += change;
  }

  fulfilled(index: number, input: Input, value: Output): void {
    this.#settler.fulfil(index, input, value);
  }

  failed(index: number, input: Input, error: Error): void {
    this.#recovery.giveUp(index, input, error, factsOf(error));
  }

  advance(): boolean {
    return this.#fast !== undefined && !this.#gate.permits.contended && this.#moveOn(this.#fast);
  }

  #moveOn(source: SyncSource<Input>): boolean {
    while (this.#supply.mayStart && this.#supply.mayTakeOn && source.advance()) {
      if (this.#refused === undefined) return true;
      this.#settler.reject(source.pulled - 1, source.input, this.#refused);
    }
    return false;
  }
}
