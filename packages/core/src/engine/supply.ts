import { toError } from "../errors.ts";
import type { Demand } from "../limits/rate-limiter.ts";
import { Pack } from "./pack.ts";
import type { Plan } from "./plan.ts";
import { lastPortion, probePortion } from "./portion.ts";
import type { Request } from "./request.ts";
import type { Settler } from "./settle.ts";
import type { Sink } from "./sinks.ts";
import { StallWatch } from "./stall-watch.ts";
import type { Intake, Source } from "./window.ts";

/** What the supply asks of its run. */
export interface SupplyHost {
  readonly stopped: boolean;
  /** Calls that could begin now: 0 while one waits at the limits. */
  readonly places: number;
  /** What a request asks of the limits. */
  demandOf(request: Request<unknown>): Demand;
  /** Inputs have come, or the source has ended. */
  wake(): void;
  /** Something may be sent that was not before. */
  offer(): void;
}

/**
 * What is sent next: takes inputs from the window as they are wanted, packs them, and hands out requests of the size
 * that the moment asks for.
 */
export class Supply<Input, Output> implements Intake<Input> {
  /** Requests that have been handed out and still have an input without an outcome. */
  outstanding = 0;
  readonly #plan: Plan<Input, Output>;
  readonly #source: Source<Input>;
  readonly #sink: Sink<Input, Output>;
  readonly #settler: Settler<Input, Output>;
  readonly #host: SupplyHost;
  readonly #pack: Pack<Input>;
  readonly #stall: StallWatch;
  /** Inputs that may be without an outcome at once (L11). */
  readonly #bound: number;
  /** Inputs in a request: the limit or, without one, the largest so far. */
  #unit: number;
  /** The request that finds out the limits: what follows is not packed before it is back. */
  #probe: Request<Input> | undefined;

  constructor(
    plan: Plan<Input, Output>,
    source: Source<Input>,
    sink: Sink<Input, Output>,
    settler: Settler<Input, Output>,
    host: SupplyHost,
  ) {
    this.#plan = plan;
    this.#source = source;
    this.#sink = sink;
    this.#settler = settler;
    this.#host = host;
    this.#pack = new Pack(plan);
    this.#stall = new StallWatch(plan, {
      mayGoQuiet: !("advance" in source),
      waiting: () => (host.stopped ? 0 : this.#pack.waiting),
      pulled: () => source.pulled,
      stuck: () => this.outstanding === 0 && source.idle(),
      flush: () => host.offer(),
    });
    this.#bound = 2 * plan.maxConcurrency * plan.limits.maxInputs;
    this.#unit = plan.limits.maxInputs === Infinity ? 1 : plan.limits.maxInputs;
  }

  // ---- the window's intake ----

  wants(): boolean {
    return this.#pack.open && this.mayTakeOn;
  }

  add(index: number, input: Input): void {
    try {
      if (!this.#settler.joinTwin(index, input) && this.#pack.add(index, input)) this.#stall.watch();
    } catch (error) {
      // `weigh` or `dedupe` threw: it is this input's failure and nobody else's.
      this.#settler.reject(index, input, toError(error));
    }
  }

  wake(): void {
    this.#host.wake();
  }

  // ---- what the run asks ----

  /** At most twice the work that can be in flight is taken on, what is in backoff included (L11). */
  get mayTakeOn(): boolean {
    if (this.#host.stopped || this.outstanding >= 2 * this.#plan.maxConcurrency) return false;
    const unsettled = this.#source.pulled - this.#settler.count;
    return unsettled + this.#sink.held < this.#bound || this.#starve();
  }

  /** Whether a call may start: outcomes that nobody has taken count as if they were in flight. */
  get mayStart(): boolean {
    if (this.#host.stopped || this.#probe !== undefined) return false;
    const { places } = this.#host;
    return places > 0 && (this.#sink.waiting < places * this.#unit || this.#starve());
  }

  /** Whether `take` has a request to give now. */
  get ready(): boolean {
    if (!this.mayStart) return false;
    this.#source.fill(this);
    return this.#pack.ready(this.#partial) && this.outstanding < 2 * this.#plan.maxConcurrency;
  }

  /** The next request: a small one while nothing is known of the limits. */
  take(): Request<Input> | undefined {
    if (!this.ready) return undefined;
    let request = this.#pack.take(this.#partial);
    if (request === undefined) return undefined;
    if (this.#plan.limiter?.probing === true) {
      this.#probe = this.#cut(request, probePortion(request));
      request = this.#probe;
    }
    this.#stall.sent();
    this.outstanding++;
    if (this.#plan.limits.maxInputs === Infinity) this.#unit = Math.max(this.#unit, request.size);
    return request;
  }

  /** A request's first call is over. Others may have waited for what it finds out. */
  called(request: Request<Input>): void {
    if (request !== this.#probe) return;
    this.#probe = undefined;
    this.#host.offer();
  }

  /** What goes out of a request that has to wait at the limits: at most this share of what has not been sent. */
  lighten(request: Request<Input>, share: number): Request<Input> {
    const { total = Infinity, pulled } = this.#source;
    const unsent = total - pulled + this.#pack.held + request.size;
    return this.#cut(request, this.#lastPortion(request, unsent * share));
  }

  /** How many inputs of a request go out next, where that has to wait at the limits: at most this share of what has no outcome. */
  portion(request: Request<Input>, share: number): number {
    const { total = Infinity } = this.#source;
    return this.#lastPortion(request, (total - this.#settler.count) * share);
  }

  /** Whether a request could be sent now without taking anything from others: no new work is left, and no limit is near. */
  isSpare(request: Request<Input>): boolean {
    if (!this.#source.ended || this.#pack.held > 0) return false;
    return (this.#plan.limiter?.waitMs?.(this.#host.demandOf(request)) ?? 0) === 0;
  }

  /** Whether nothing is under way that could bring outcomes. */
  get idle(): boolean {
    return this.outstanding === 0 && this.#pack.held === 0 && this.#source.idle();
  }

  /** Whether everything has been handed out and has its outcome. */
  get isDone(): boolean {
    return this.#source.ended && this.#pack.held === 0 && this.outstanding === 0;
  }

  /** Takes nothing more from the source. */
  close(): void {
    this.#stall.cancel();
    this.#source.close();
  }

  #lastPortion(request: Request<Input>, most: number): number {
    return lastPortion(request, this.#host.demandOf(request), this.#plan.limiter, most);
  }

  #starve(): false {
    this.#sink.starved = true;
    return false;
  }

  /** Whether a request that is not full may go out. */
  get #partial(): boolean {
    if (this.#source.ended || this.#stall.flushing) return true;
    // Nothing under way, and no more may be taken on: equal inputs that wait for this very request fill the bound.
    return this.outstanding === 0 && !this.mayTakeOn;
  }

  /** The first `count` inputs of a request; the others go back to wait for the next one. */
  #cut(request: Request<Input>, count: number): Request<Input> {
    if (count >= request.size) return request;
    const [portion, rest] = request.cut(count);
    this.#pack.putBack(rest);
    return portion;
  }
}
