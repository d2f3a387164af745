import type { Sink } from "./sinks.ts";
import type { Intake, Source } from "./window.ts";

/** What a channel sees of the runs at its ends. */
interface Stage {
  wake(): void;
  /** Whether it has nothing under way. */
  readonly idle: boolean;
}

/** A stage's source: what other stages pass on to it. What it has not taken counts as in flight with them. */
export class Channel implements Source<unknown> {
  ended = false;
  exhausted = false;
  pulled = 0;
  starved = false;
  readonly failed = false;
  readonly error = undefined;
  /** Whose source this is. */
  downstream: Stage | undefined;
  readonly #feeders: Stage[] = [];
  /** Feeders that have not ended. */
  #open = 0;
  #queue: [index: number, input: unknown][] = [];
  #first = 0;

  get total(): number | undefined {
    return this.exhausted ? this.pulled : undefined;
  }

  get held(): number {
    return this.#queue.length - this.#first;
  }

  /** This stage passes something on; all that do are said before the first one starts. */
  feedBy(stage: Stage): void {
    this.#feeders.push(stage);
    this.#open++;
  }

  pass(index: number, input: unknown): void {
    this.#queue.push([index, input]);
    this.downstream?.wake();
  }

  /** One of the feeders has ended. */
  end(): void {
    this.#open--;
    this.#settleEnd();
    this.downstream?.wake();
  }

  fill(intake: Intake<unknown>): void {
    const before = this.pulled;
    while (this.held > 0 && intake.wants()) {
      const [index, input] = this.#queue[this.#first] as [number, unknown];
      this.#queue[this.#first++] = undefined as never;
      if (this.#first === this.#queue.length || this.#first >= 1024) {
        this.#queue = this.#queue.slice(this.#first);
        this.#first = 0;
      }
      this.pulled++;
      intake.add(index, input);
    }
    this.#settleEnd();
    if (this.starved && this.pulled > before) {
      this.starved = false;
      // Not from within: the stage before may be the one that is asking now.
      queueMicrotask(() => this.#feeders.forEach((stage) => stage.wake()));
    }
  }

  idle(): boolean {
    return this.held === 0 && this.#feeders.every((stage) => stage.idle);
  }

  close(): void {
    this.ended = true;
  }

  #settleEnd(): void {
    if (this.#open > 0 || this.held > 0) return;
    this.exhausted = true;
    this.ended = true;
  }
}

/** The inputs with which a chain began, of those that have left its first stage. */
export class Origins {
  readonly #inputs = new Map<number, unknown>();

  /** @param input of the stage that passes it on: the chain's own, where it is the first one */
  remember(index: number, input: unknown): void {
    if (!this.#inputs.has(index)) this.#inputs.set(index, input);
  }

  recall(index: number, input: unknown): unknown {
    if (!this.#inputs.has(index)) return input;
    const origin = this.#inputs.get(index);
    this.#inputs.delete(index);
    return origin;
  }
}

/** A stage's sink: sends its outcomes on to other stages, or out of the chain. Backpressure runs from end to end. */
export class Junction implements Sink<unknown, unknown> {
  readonly #onFulfilled: Channel | undefined;
  readonly #onRejected: Channel | undefined;
  readonly #out: Sink<unknown, unknown>;
  readonly #origins: Origins;
  readonly #isFirst: boolean;

  /**
   * @param onFulfilled the stage that takes outputs, where there is one
   * @param onRejected the stage that takes the inputs of what failed, where there is one
   * @param isFirst whether the stage takes from the chain's own source
   */
  constructor(
    onFulfilled: Channel | undefined,
    onRejected: Channel | undefined,
    out: Sink<unknown, unknown>,
    origins: Origins,
    isFirst: boolean,
  ) {
    this.#onFulfilled = onFulfilled;
    this.#onRejected = onRejected;
    this.#out = out;
    this.#origins = origins;
    this.#isFirst = isFirst;
  }

  get waiting(): number {
    return this.#passedOn + this.#out.waiting;
  }

  /** What is held back for order waits for an input that a later stage may have: it must not hold that stage back. */
  get held(): number {
    return this.#passedOn + (this.#isFirst ? this.#out.held : 0);
  }

  get starved(): boolean {
    return this.#out.starved;
  }

  set starved(value: boolean) {
    for (const place of [this.#onFulfilled, this.#onRejected, this.#out]) if (place) place.starved = value;
  }

  get catches(): boolean {
    return this.#onRejected !== undefined;
  }

  fulfil(index: number, input: unknown, value: unknown): void {
    if (this.#onFulfilled === undefined) this.#out.fulfil(index, this.#origins.recall(index, input), value);
    else this.#pass(this.#onFulfilled, index, input, value);
  }

  reject(index: number, input: unknown, reason: Error): void {
    if (this.#onRejected === undefined) this.#out.reject(index, this.#origins.recall(index, input), reason);
    else this.#pass(this.#onRejected, index, input, input);
  }

  /** The stage has ended. */
  end(): void {
    this.#onFulfilled?.end();
    this.#onRejected?.end();
  }

  #pass(channel: Channel, index: number, input: unknown, next: unknown): void {
    this.#origins.remember(index, input);
    channel.pass(index, next);
  }

  get #passedOn(): number {
    return (this.#onFulfilled?.held ?? 0) + (this.#onRejected?.held ?? 0);
  }
}
