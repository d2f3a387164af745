import type { Backlog, OutcomeSink, Wakeable } from "../results/outcome-sink.ts";
import type { Channel } from "./channel.ts";

/** Ways on from a stage. */
export interface Routes {
  /** Takes outputs, where another stage does. */
  readonly onFulfilled: Channel | undefined;
  /** Takes the inputs that failed, where another stage does. */
  readonly onRejected: Channel | undefined;
  readonly out: OutcomeSink<unknown, unknown>;
  /** Inputs with which the chain began, by index, of those that have left its first stage. */
  readonly origins: Map<number, unknown>;
  /** True where the stage takes from the chain's own source. */
  readonly isFirst: boolean;
}

/** Output of a stage: sends its outcomes on to other stages, or out of the chain. Backpressure runs from end to end. */
export class StageOutput implements OutcomeSink<unknown, unknown>, Backlog {
  readonly backlog: Backlog = this;
  readonly #routes: Routes;
  readonly #channels: readonly Channel[];

  constructor(routes: Routes) {
    this.#routes = routes;
    this.#channels = [routes.onFulfilled, routes.onRejected].filter((each) => each !== undefined);
  }

  get waiting(): number {
    return this.#passedOn + this.#routes.out.backlog.waiting;
  }

  /** Outcomes held back for order wait for an input that a later stage may have: they must not hold that stage back. */
  get held(): number {
    return this.#passedOn + (this.#routes.isFirst ? this.#routes.out.backlog.held : 0);
  }

  wakeWhenTaken(stage: Wakeable): void {
    for (const each of [...this.#channels, this.#routes.out.backlog]) each.wakeWhenTaken(stage);
  }

  get catches(): boolean {
    return this.#routes.onRejected !== undefined;
  }

  fulfill(index: number, input: unknown, value: unknown): void {
    const { onFulfilled, out } = this.#routes;
    if (onFulfilled === undefined) out.fulfill(index, this.#recall(index, input), value);
    else this.#pass(onFulfilled, index, input, value);
  }

  reject(index: number, input: unknown, reason: Error): void {
    const { onRejected, out } = this.#routes;
    if (onRejected === undefined) out.reject(index, this.#recall(index, input), reason);
    else this.#pass(onRejected, index, input, input);
  }

  /** The stage has ended. */
  close(): void {
    for (const channel of this.#channels) channel.end();
  }

  #pass(channel: Channel, index: number, input: unknown, next: unknown): void {
    const { origins } = this.#routes;
    // The first stage that passes an input on has the chain's own.
    if (!origins.has(index)) origins.set(index, input);
    channel.pass(index, next);
  }

  #recall(index: number, input: unknown): unknown {
    const { origins } = this.#routes;
    const origin = origins.has(index) ? origins.get(index) : input;
    origins.delete(index);
    return origin;
  }

  get #passedOn(): number {
    return this.#channels.reduce((sum, channel) => sum + channel.held, 0);
  }
}
