import type { Weight } from "../options.ts";
import type { Calibration } from "./calibration.ts";
import { Request } from "./request.ts";

/** What one request may hold; Infinity where the backend does not say. */
export interface PackLimits {
  readonly maxInputs: number;
  readonly maxTokens: number;
  readonly maxBytes: number;
}

const NOTHING: Weight = {};

/** What of a plan packing goes by. */
export interface PackPlan<Input> {
  readonly limits: PackLimits;
  readonly weigh: ((input: Input) => Weight) | undefined;
  readonly calibration: Calibration | undefined;
}

/**
 * Fills a request up to the limits, in the order in which inputs come. There is at most one request that is full
 * and waiting; while there is, nothing more is wanted. An input that is over a limit by itself goes out alone.
 */
export class Pack<Input> {
  readonly #limits: PackLimits;
  readonly #weigh: ((input: Input) => Weight) | undefined;
  readonly #calibration: Calibration | undefined;
  #full: Request<Input> | undefined;
  #filling: Request<Input> | undefined;

  constructor({ limits, weigh, calibration }: PackPlan<Input>) {
    this.#limits = limits;
    this.#weigh = weigh;
    this.#calibration = calibration;
  }

  /** Whether another input can be added: no request is full and waiting. */
  get open(): boolean {
    return this.#full === undefined;
  }

  /** Inputs that wait in the request that is being filled. */
  get waiting(): number {
    return this.#filling?.size ?? 0;
  }

  /** Inputs that have come and not gone out. */
  get held(): number {
    return this.waiting + (this.#full?.size ?? 0);
  }

  /** Returns whether it is the first one of a request that is still being filled. */
  add(index: number, input: Input): boolean {
    const weight = this.#weigh?.(input);
    if (this.#filling !== undefined && weight !== undefined && !this.#fits(this.#filling, weight)) {
      this.#full = this.#filling;
      this.#filling = undefined;
    }
    this.#filling ??= new Request<Input>();
    this.#filling.add(index, input, weight);
    if (this.#full === undefined && this.#filling.size >= this.#limits.maxInputs) {
      this.#full = this.#filling;
      this.#filling = undefined;
    }
    return this.waiting === 1;
  }

  /** The next request: a full one or, with `partial`, whatever has come. */
  take(partial: boolean): Request<Input> | undefined {
    const request = this.#full ?? (partial ? this.#filling : undefined);
    if (request === this.#filling) this.#filling = undefined;
    this.#full = undefined;
    if (request === undefined || this.#fits(request, NOTHING)) return request;
    // It was packed by what was expected then, or is a part put back before others.
    const count = Math.max(1, request.countWithin(this.#limits.maxTokens / this.#factor));
    if (count === request.size) return request;
    const [fitting, rest] = request.cut(count);
    this.putBack(rest);
    return fitting;
  }

  /** Takes back what of a request does not go out yet: it is first again. */
  putBack(rest: Request<Input>): void {
    const behind = this.#filling;
    if (behind === undefined) this.#filling = rest;
    else if (rest.size + behind.size < this.#limits.maxInputs && rest.bytes + behind.bytes <= this.#limits.maxBytes)
      this.#filling = rest.join(behind);
    else this.#full = rest;
  }

  /** Whether `take(partial)` has something to give. */
  ready(partial: boolean): boolean {
    return this.#full !== undefined || (partial && this.#filling !== undefined);
  }

  get #factor(): number {
    return this.#calibration?.factor ?? 1;
  }

  #fits(request: Request<Input>, weight: Weight): boolean {
    return (
      (request.tokens + (weight.tokens ?? 0)) * this.#factor <= this.#limits.maxTokens &&
      request.bytes + (weight.bytes ?? 0) <= this.#limits.maxBytes
    );
  }
}
