import type { Weight } from "../options.ts";
import { Request } from "./request.ts";

/** What one request may hold; Infinity where the backend does not say. */
export interface PackLimits {
  readonly maxInputs: number;
  readonly maxTokens: number;
  readonly maxBytes: number;
}

/**
 * Fills a request up to the limits, in the order in which inputs come. There is at most one request that is full
 * and waiting; while there is, nothing more is wanted. An input that is over a limit by itself goes out alone.
 */
export class Pack<Input> {
  readonly #limits: PackLimits;
  readonly #weigh: ((input: Input) => Weight) | undefined;
  #full: Request<Input> | undefined;
  #filling: Request<Input> | undefined;

  constructor(limits: PackLimits, weigh: ((input: Input) => Weight) | undefined) {
    this.#limits = limits;
    this.#weigh = weigh;
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

  add(index: number, input: Input): void {
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
  }

  /** The next request: a full one or, with `partial`, whatever has come. */
  take(partial: boolean): Request<Input> | undefined {
    const request = this.#full ?? (partial ? this.#filling : undefined);
    if (request === this.#filling) this.#filling = undefined;
    this.#full = undefined;
    return request;
  }

  /** Whether `take(partial)` has something to give. */
  ready(partial: boolean): boolean {
    return this.#full !== undefined || (partial && this.#filling !== undefined);
  }

  #fits(request: Request<Input>, weight: Weight): boolean {
    return (
      request.tokens + (weight.tokens ?? 0) <= this.#limits.maxTokens &&
      request.bytes + (weight.bytes ?? 0) <= this.#limits.maxBytes
    );
  }
}
