import type { Sink } from "./sinks.ts";
import type { Intake, Source } from "./window.ts";

/** What a chain passes on from one stage to the next: what came through (a pipe), or what did not (fallbacks). */
export type Route = "fulfilled" | "rejected";

/** The inputs with which a chain began, of those that are on their way through it. */
export class Origins {
  readonly #inputs = new Map<number, unknown>();

  remember(index: number, input: unknown): void {
    if (!this.#inputs.has(index)) this.#inputs.set(index, input);
  }

  /** The input at the chain's beginning, which is `input` itself where it is still in the first stage. */
  recall(index: number, input: unknown): unknown {
    if (!this.#inputs.has(index)) return input;
    const origin = this.#inputs.get(index);
    this.#inputs.delete(index);
    return origin;
  }
}

/** What a channel sees of the runs at its ends. */
export interface Neighbours {
  wakeUpstream(): void;
  wakeDownstream(): void;
  /** Whether the stage before has nothing under way. */
  upstreamIdle(): boolean;
}

/**
 * Joins two stages: the sink of one, the source of the next. What the next stage has not taken counts as in flight in
 * the first one, so backpressure runs from end to end.
 */
export class Channel<Input, Value> implements Sink<Input, Value>, Source<Input | Value> {
  ended = false;
  exhausted = false;
  pulled = 0;
  readonly failed = false;
  readonly error = undefined;
  readonly #route: Route;
  readonly #outlet: Outlet;
  readonly #origins: Origins;
  readonly #neighbours: Neighbours;
  #queue: [index: number, input: Input | Value][] = [];
  #first = 0;
  #starved = false;
  #upstreamEnded = false;

  /** @param outlet where outcomes go that are not passed on */
  constructor(route: Route, outlet: Outlet, origins: Origins, neighbours: Neighbours) {
    this.#route = route;
    this.#outlet = outlet;
    this.#origins = origins;
    this.#neighbours = neighbours;
  }

  get total(): number | undefined {
    return this.exhausted ? this.pulled : undefined;
  }

  get waiting(): number {
    return this.#queue.length - this.#first + this.#outlet.waiting;
  }

  get held(): number {
    return this.#queue.length - this.#first + this.#outlet.held;
  }

  get starved(): boolean {
    return this.#starved;
  }

  set starved(value: boolean) {
    this.#starved = value;
    this.#outlet.starved = value;
  }

  fulfil(index: number, input: Input, value: Value): void {
    if (this.#route === "fulfilled") this.#pass(index, input, value);
    else this.#outlet.fulfil(index, input, value);
  }

  reject(index: number, input: Input, reason: Error): void {
    if (this.#route === "rejected") this.#pass(index, input, input);
    else this.#outlet.reject(index, input, reason);
  }

  /** The stage before has ended. */
  end(): void {
    this.#upstreamEnded = true;
    this.#settleEnd();
    this.#neighbours.wakeDownstream();
  }

  fill(intake: Intake<Input | Value>): void {
    const before = this.pulled;
    while (this.#first < this.#queue.length && intake.wants()) {
      const [index, input] = this.#queue[this.#first] as [number, Input | Value];
      this.#queue[this.#first++] = undefined as never;
      if (this.#first === this.#queue.length || this.#first >= 1024) {
        this.#queue = this.#queue.slice(this.#first);
        this.#first = 0;
      }
      this.pulled++;
      intake.add(index, input);
    }
    this.#settleEnd();
    if (this.#starved && this.pulled > before) {
      this.#starved = false;
      // Not from within: the stage before may be the one that is asking now.
      queueMicrotask(() => this.#neighbours.wakeUpstream());
    }
  }

  idle(): boolean {
    return this.#first === this.#queue.length && this.#neighbours.upstreamIdle();
  }

  close(): void {
    this.ended = true;
  }

  #settleEnd(): void {
    if (!this.#upstreamEnded || this.#first < this.#queue.length) return;
    this.exhausted = true;
    this.ended = true;
  }

  #pass(index: number, input: Input, next: Input | Value): void {
    this.#origins.remember(index, input);
    this.#queue.push([index, next]);
    this.#neighbours.wakeDownstream();
  }
}

/** Where a chain's outcomes leave it: gives each the input with which it began. */
export class Outlet implements Sink<unknown, unknown> {
  readonly #out: Sink<unknown, unknown>;
  readonly #origins: Origins;

  constructor(out: Sink<unknown, unknown>, origins: Origins) {
    this.#out = out;
    this.#origins = origins;
  }

  get waiting(): number {
    return this.#out.waiting;
  }

  get held(): number {
    return this.#out.held;
  }

  get starved(): boolean {
    return this.#out.starved;
  }

  set starved(value: boolean) {
    this.#out.starved = value;
  }

  fulfil(index: number, input: unknown, value: unknown): void {
    this.#out.fulfil(index, this.#origins.recall(index, input), value);
  }

  reject(index: number, input: unknown, reason: Error): void {
    this.#out.reject(index, this.#origins.recall(index, input), reason);
  }
}
