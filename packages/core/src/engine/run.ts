import { toError } from "../errors.ts";
import type { Demand, Reservation } from "../limits/rate-limiter.ts";
import type { BatchOptions } from "../options.ts";
import { type CallHost, call, Slot } from "./call.ts";
import { checkCount, checkSchema } from "./check.ts";
import { factsOf } from "./classify.ts";
import { Dedupe, type Outcome } from "./dedupe.ts";
import type { Meter } from "./meter.ts";
import { Pack } from "./pack.ts";
import type { Claimant, Permits } from "./permits.ts";
import type { Plan } from "./plan.ts";
import { type Failure, Recovery } from "./recover.ts";
import type { Request } from "./request.ts";
import type { Sink } from "./settle.ts";
import type { Intake, Source, SyncSource } from "./window.ts";
import { StallWatch } from "./stall-watch.ts";
import { Unfinished } from "./strategy.ts";

/** A request's right to be sent. */
interface Admission {
  readonly reservation: Reservation | undefined;
}

/** What a run has of the batch it works for. */
export interface RunHost extends CallHost {
  readonly meter: Meter;
  readonly hooks: Pick<BatchOptions, "onRequest" | "onRetry">;
  /** Aborted as soon as nothing new may start: what waits need not wait any longer. */
  readonly halted: AbortSignal;
  /** Whether this many more tokens may be spent; ends the batch where not. */
  afford(tokens: number): boolean;
  /** This many tokens are on their way, or (below 0) have come back. */
  spending(tokens: number): void;
  /** No further input can succeed: ends the batch. */
  fatal(run: { refuse(error: Error): void }, error: Error): void;
  /** Something broke that is no item's failure, such as a hook that threw: ends the batch. */
  crash(error: unknown): void;
  /** Every input has its outcome, or the batch is being ended and nothing is in flight. */
  ended(): void;
}

/**
 * One Runnable's work through its inputs: takes requests from the pack while permits are free, calls, and settles.
 *
 * Work goes on in lanes. A lane holds one permit and makes one call after another, as a hand-written loop would.
 * What fails leaves the lane and goes to `recover`, which comes back for a permit of its own, ahead of new work.
 */
export class Run<Input, Output> implements Claimant, Intake<Input> {
  readonly plan: Plan<Input, Output>;
  readonly #source: Source<Input>;
  readonly #sink: Sink<Input, Output>;
  readonly #host: RunHost;
  readonly #permits: Permits;
  readonly #pack: Pack<Input>;
  readonly #recovery: Recovery<Input, Output>;
  readonly #dedupe: Dedupe<Input, Output> | undefined;
  readonly #stall: StallWatch;
  /** Inputs that may be without an outcome at once (L11). */
  readonly #bound: number;
  /** Inputs in a request: the limit or, without one, the largest so far. */
  #unit: number;
  readonly #slots: Slot[] = [];
  /** Retries that wait for a permit; they are told whether they got one. */
  readonly #urgent: ((granted: boolean) => void)[] = [];
  readonly #fast: SyncSource<Input> | undefined;
  /** Requests that have been taken from the pack and still have an input without an outcome. */
  #outstanding = 0;
  #settled = 0;
  /** Calls in flight, and answers being checked. */
  #busy = 0;
  #parked = false;
  #refused: Error | undefined;
  #stopped = false;
  #closed = false;
  #ended = false;

  constructor(plan: Plan<Input, Output>, source: Source<Input>, sink: Sink<Input, Output>, host: RunHost, permits: Permits) {
    this.plan = plan;
    this.#source = source;
    this.#sink = sink;
    this.#host = host;
    this.#permits = permits;
    this.#pack = new Pack(plan.limits, plan.weigh);
    this.#recovery = new Recovery(this, host);
    this.#dedupe = plan.keyOf && new Dedupe(plan.keyOf);
    this.#bound = 2 * plan.maxConcurrency * plan.limits.maxInputs;
    this.#unit = plan.limits.maxInputs === Infinity ? 1 : plan.limits.maxInputs;
    this.#stall = new StallWatch(plan, {
      waiting: () => (this.#stopped ? 0 : this.#pack.waiting),
      pulled: () => source.pulled,
      stuck: () => this.#outstanding === 0 && source.idle(),
      flush: () => this.#permits.offer(),
    });
    this.#fast = this.#plain() && "advance" in source ? (source as SyncSource<Input>) : undefined;
  }

  start(): void {
    this.#permits.join(this);
    this.wake();
  }

  /** Looks for work, and whether all is done. Call it when anything has changed that the run waits for. */
  wake(): void {
    if (this.#closed) return;
    this.#permits.offer();
    this.checkEnd();
  }

  /** Starts nothing new; calls in flight finish. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const tell of this.#urgent.splice(0)) tell(false);
    this.#stall.cancel();
    this.#source.close();
    this.checkEnd();
  }

  /** Forgets everything: what calls in flight bring is not wanted any more. */
  close(): void {
    this.#closed = true;
    this.#ended = true;
    this.stop();
    this.#permits.leave(this);
  }

  /** Makes no further call: every input that comes fails with this error. */
  refuse(error: Error): void {
    this.#refused ??= error;
  }

  /** Whether nothing is under way that could bring outcomes. */
  get idle(): boolean {
    return this.#outstanding === 0 && this.#pack.held === 0 && this.#source.idle();
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Inputs that were taken and have no outcome. */
  get #unsettled(): number {
    return this.#source.pulled - this.#settled;
  }

  // ---- window and pack ----

  wants(): boolean {
    return this.#pack.open && this.#mayTakeOn();
  }

  add(index: number, input: Input): void {
    try {
      const twin = this.#dedupe?.join(index, input);
      if (twin === undefined) this.#pack.add(index, input);
      else if (twin !== "follows") this.#settleOne(index, input, twin);
    } catch (error) {
      // `weigh` or `dedupe` threw: it is this input's failure and nobody else's.
      this.reject(index, input, toError(error));
    }
    if (this.#pack.waiting === 1 && !("advance" in this.#source)) this.#stall.watch();
  }

  /** At most twice the work that can be in flight is taken on, what is in backoff included (L11). */
  #mayTakeOn(): boolean {
    if (this.#stopped || this.#outstanding >= 2 * this.plan.maxConcurrency) return false;
    return this.#unsettled + this.#sink.held < this.#bound || this.#starve();
  }

  /** Whether a call may start: outcomes that nobody has taken count as if they were in flight. */
  #mayStart(): boolean {
    if (this.#stopped || this.#parked) return false;
    const places = this.plan.maxConcurrency - this.#busy;
    return places > 0 && (this.#sink.waiting < places * this.#unit || this.#starve());
  }

  #starve(): false {
    this.#sink.starved = true;
    return false;
  }

  #ready(): boolean {
    if (!this.#mayStart()) return false;
    this.#source.fill(this);
    return this.#pack.ready(this.#partial()) && this.#outstanding < 2 * this.plan.maxConcurrency;
  }

  #partial(): boolean {
    return this.#source.ended || this.#stall.flushing;
  }

  #take(): Request<Input> | undefined {
    if (!this.#ready()) return undefined;
    const request = this.#pack.take(this.#partial());
    if (request === undefined) return undefined;
    this.#stall.sent();
    this.#outstanding++;
    if (this.plan.limits.maxInputs === Infinity) this.#unit = Math.max(this.#unit, request.size);
    return request;
  }

  // ---- gate ----

  claim(): boolean {
    if (this.#closed) return false;
    const urgent = this.#urgent[0];
    if (urgent !== undefined) {
      if (!this.#permits.tryAcquire()) return false;
      this.#urgent.shift();
      urgent(true);
      return true;
    }
    if (this.#fast !== undefined) return this.#claimFast(this.#fast);
    if (!this.#ready() || !this.#permits.tryAcquire()) return false;
    const request = this.#take();
    if (request === undefined) {
      this.#permits.putBack();
      return false;
    }
    void this.#lane(request);
    return true;
  }

  /** Waits for a permit ahead of new work. False where the run stops first. */
  async #permit(): Promise<boolean> {
    if (this.#stopped) return false;
    if (this.#urgent.length === 0 && this.#permits.tryAcquire()) return true;
    return new Promise((resolve) => {
      this.#urgent.push(resolve);
    });
  }

  /** Passes the limits and then the gate, in that order: what waits at the limits holds no permit. */
  async #admit(request: Request<Input>, urgent: boolean): Promise<Admission | undefined> {
    const { limiter } = this.plan;
    let reservation: Reservation | undefined;
    if (limiter !== undefined) {
      const resume = this.#host.meter.waiting();
      try {
        reservation = await limiter.reserve(demandOf(request), { signal: this.#host.halted, urgent });
      } catch (error) {
        if (this.#stopped) return undefined;
        throw error;
      } finally {
        resume();
      }
    }
    if (await this.#permit()) return { reservation };
    reservation?.settle({ outcome: "failed", used: NOTHING });
    return undefined;
  }

  // ---- lanes ----

  async #lane(first: Request<Input>): Promise<void> {
    const slot = this.#slots.pop() ?? new Slot(this.#permits, this.#host, this.plan);
    let holding = true;
    try {
      for (let request: Request<Input> | undefined = first; request !== undefined; request = this.#next()) {
        if (this.#refused !== undefined) {
          this.rejectAll(request, this.#refused);
          this.#outstanding--;
          continue;
        }
        if (!this.#host.afford(request.tokens)) break;
        const { limiter } = this.plan;
        let reservation = limiter?.tryReserve?.(demandOf(request));
        if (limiter !== undefined && reservation === undefined) {
          // At most one request waits at the limits, and it holds no permit meanwhile.
          holding = false;
          this.#parked = true;
          this.#permits.release();
          // oxlint-disable-next-line no-await-in-loop -- a lane is a loop over calls
          const admission = await this.#admit(request, false);
          this.#parked = false;
          if (admission === undefined) break;
          holding = true;
          reservation = admission.reservation;
          this.#permits.offer();
        }
        // oxlint-disable-next-line no-await-in-loop -- a lane is a loop over calls
        const failure = await this.#attempt(request, slot, reservation);
        if (failure === undefined || this.#recovery.settle(failure)) this.#outstanding--;
        else void this.#recover(failure);
      }
    } catch (error) {
      this.#host.crash(error);
    }
    this.#slots.push(slot);
    if (holding) this.#permits.release();
    this.wake();
  }

  /** What the lane goes on with; it ends where somebody with an older claim wants its permit. */
  #next(): Request<Input> | undefined {
    return this.#urgent.length > 0 || this.#permits.contended ? undefined : this.#take();
  }

  async #recover(failure: Failure<Input>): Promise<void> {
    try {
      await this.#recovery.recover(failure);
    } catch (error) {
      // The end of the batch ends a backoff with the signal's reason: that is no crash.
      if (!this.#stopped) this.#host.crash(error);
    }
    this.#outstanding--;
    this.wake();
  }

  /** One more call for inputs that have failed before, ahead of new work. */
  async again(request: Request<Input>): Promise<Failure<Input> | undefined> {
    if (this.#refused !== undefined) return { request, error: this.#refused, whole: true };
    if (!this.#host.afford(request.tokens)) return undefined;
    const admission = await this.#admit(request, true);
    if (admission === undefined) return undefined;
    const slot = this.#slots.pop() ?? new Slot(this.#permits, this.#host, this.plan);
    try {
      return await this.#attempt(request, slot, admission.reservation);
    } finally {
      this.#slots.push(slot);
      this.#permits.release();
      this.checkEnd();
    }
  }

  // ---- call, check and settle ----

  /** Makes one call and settles what came through. Returns what has failed and may need more. */
  async #attempt(request: Request<Input>, slot: Slot, reservation: Reservation | undefined): Promise<Failure<Input> | undefined> {
    const { meter, hooks } = this.#host;
    const startedAt = hooks.onRequest === undefined ? 0 : this.plan.clock.now();
    request.attempts++;
    this.#busy++;
    meter.inFlight++;
    this.#host.spending(request.tokens);
    try {
      let answer: unknown;
      let error: Error | undefined;
      try {
        answer = await call(this.plan, request, slot);
      } catch (thrown) {
        error = toError(thrown);
      }
      meter.inFlight--;
      if (reservation !== undefined) settle(reservation, request, slot, error);
      if (this.#closed) return undefined;
      meter.requests++;
      hooks.onRequest?.({
        inputs: request.size,
        attempt: request.attempts,
        durationMs: this.plan.clock.now() - startedAt,
        usage: slot.usage,
        requestId: slot.requestId,
        error,
      });
      return error === undefined ? await this.#place(request, answer) : { request, error, whole: true };
    } finally {
      this.#busy--;
      this.#host.spending(-request.tokens);
    }
  }

  async #place(request: Request<Input>, answer: unknown): Promise<Failure<Input> | undefined> {
    let results: readonly unknown[] = [answer];
    const many = this.plan.strategy.kind === "many";
    if (many) {
      try {
        checkCount(answer, request.size);
        results = answer;
      } catch (error) {
        this.rejectAll(request, error as Error);
        return undefined;
      }
    }
    const { schema } = this.plan;
    const failed: number[] = [];
    const errors: Error[] = [];
    for (let position = 0; position < request.size; position++) {
      let result = results[position];
      let fine = !many || !(result instanceof Error);
      if (fine && schema !== undefined) {
        // oxlint-disable-next-line no-await-in-loop -- most schemas answer at once
        result = await checkSchema(schema, result);
        fine = !(result instanceof Error);
      }
      if (fine) {
        this.fulfil(request.indexes[position] as number, request.inputs[position] as Input, result as Output);
      } else if (result instanceof Unfinished || this.#recovery.mayRetry(request, result as Error)) {
        failed.push(position);
        errors.push(result as Error);
      } else {
        this.reject(request.indexes[position] as number, request.inputs[position] as Input, result as Error);
      }
    }
    const error = errors[0];
    return error === undefined ? undefined : { request: request.pick(failed), error, errors, whole: false };
  }

  fulfil(index: number, input: Input, value: Output): void {
    if (this.#closed) return;
    this.#settled++;
    this.#sink.fulfil(index, input, value);
    if (this.#dedupe !== undefined) this.#settleTwins(index, { value });
  }

  reject(index: number, input: Input, reason: Error): void {
    if (this.#closed) return;
    this.#settled++;
    this.#sink.reject(index, input, reason);
    if (this.#dedupe !== undefined) this.#settleTwins(index, { reason });
  }

  #settleTwins(index: number, outcome: Outcome<Output>): void {
    for (const twin of this.#dedupe?.settle(index, outcome) ?? []) this.#settleOne(twin.index, twin.input, outcome);
  }

  #settleOne(index: number, input: Input, outcome: Outcome<Output>): void {
    if (outcome.reason === undefined) this.fulfil(index, input, outcome.value);
    else this.reject(index, input, outcome.reason);
  }

  rejectAll(request: Request<Input>, reason: Error): void {
    for (let position = 0; position < request.size; position++) {
      this.reject(request.indexes[position] as number, request.inputs[position] as Input, reason);
    }
  }

  /** Tells the host once nothing is left to do. */
  checkEnd(): void {
    if (this.#ended) return;
    const done = this.#source.ended && this.#pack.held === 0 && this.#outstanding === 0;
    if (this.#busy === 0 && (this.#stopped || done)) {
      this.#ended = true;
      this.#permits.leave(this);
      this.#sink.end?.();
      this.#host.ended();
    }
  }

  // ---- the fast lane ----

  /** Whether an item needs nothing but one await and one slot. */
  #plain(): boolean {
    const { plan } = this;
    return (
      plan.strategy.kind === "one" &&
      plan.limiter === undefined &&
      plan.timeoutMs === undefined &&
      plan.schema === undefined &&
      plan.keyOf === undefined &&
      plan.weigh === undefined &&
      plan.maxTokens === Infinity &&
      plan.maxCost === Infinity &&
      this.#host.hooks.onRequest === undefined
    );
  }

  #claimFast(source: SyncSource<Input>): boolean {
    if (!this.#mayStart() || !this.#mayTakeOn() || source.ended || !this.#permits.tryAcquire()) return false;
    if (source.advance()) {
      void this.#fastLane(source);
      return true;
    }
    this.#permits.putBack();
    return false;
  }

  /**
   * The same lane for the plain case: no request object, no reservation, no hook, so that what is not asked for costs
   * nothing. An item is one await and one slot.
   */
  async #fastLane(source: SyncSource<Input>): Promise<void> {
    const { strategy } = this.plan;
    if (strategy.kind !== "one") return;
    const { meter } = this.#host;
    const slot = this.#slots.pop() ?? new Slot(this.#permits, this.#host, this.plan);
    const { options } = slot;
    try {
      do {
        const index = source.pulled - 1;
        const { input } = source;
        if (this.#refused !== undefined) {
          this.reject(index, input, this.#refused);
          continue;
        }
        this.#busy++;
        meter.inFlight++;
        let value: Output | undefined;
        let error: Error | undefined;
        try {
          // oxlint-disable-next-line no-await-in-loop -- a lane is a loop over calls
          value = await strategy.call(input, options);
        } catch (thrown) {
          error = toError(thrown);
        }
        this.#busy--;
        meter.inFlight--;
        if (this.#closed) break;
        meter.requests++;
        if (error === undefined) this.fulfil(index, input, value as Output);
        else this.#recovery.giveUp(index, input, error, factsOf(error));
      } while (!this.#permits.contended && this.#mayStart() && this.#mayTakeOn() && source.advance());
    } catch (error) {
      this.#host.crash(error);
    }
    this.#slots.push(slot);
    this.#permits.release();
    this.wake();
  }
}

function demandOf(request: Request<unknown>): Demand {
  return { requests: 1, inputs: request.size, tokens: request.tokens };
}

/** For a call that was never made. */
const NOTHING: Demand = { requests: 0, inputs: 0, tokens: 0 };

function settle(reservation: Reservation, request: Request<unknown>, slot: Slot, error: Error | undefined): void {
  const { usage, limits } = slot;
  const facts = error === undefined ? undefined : factsOf(error);
  const tokens = usage?.totalTokens ?? (usage?.inputTokens === undefined ? undefined : usage.inputTokens + (usage.outputTokens ?? 0));
  reservation.settle({
    outcome: facts === undefined ? "ok" : facts.code === "rate_limited" ? "limited" : "failed",
    ...(tokens === undefined ? {} : { used: { requests: 1, inputs: request.size, tokens } }),
    ...(limits === undefined ? {} : { limits }),
    ...(facts?.retryAfterMs === undefined ? {} : { retryAfterMs: facts.retryAfterMs }),
  });
}
