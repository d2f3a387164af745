import type { Completed } from "../completed.ts";

/** Where outcomes go: each input's, exactly once. */
export interface Sink<Input, Output> {
  fulfil(index: number, input: Input, value: Output): void;
  reject(index: number, input: Input, reason: Error): void;
  /** Outcomes that could be taken and have not been. They count as if they were still in flight. */
  readonly waiting: number;
  /** Outcomes that have not been taken, those held back for order included. */
  readonly held: number;
  /** Set by a run that does not go on because outcomes wait; it wants to be woken when one is taken. */
  starved: boolean;
  /** Whether another stage takes on what fails. */
  readonly catches?: boolean;
  /** The run that fills it has ended. */
  end?(): void;
}

/** Keeps every outcome in its slot: for `batch`. */
export class Slots<Input, Output> implements Sink<Input, Output> {
  readonly waiting = 0;
  readonly held = 0;
  starved = false;
  /** Outputs, and errors in the slots of what failed. A slot without an outcome is a hole. */
  readonly values: (Output | Error)[] = [];
  readonly #reasons = new Map<number, Error>();
  readonly #inputs: readonly Input[] | undefined;
  readonly #seen: Input[] = [];

  /** An array's inputs need not be kept again. */
  constructor(inputs: readonly Input[] | undefined) {
    this.#inputs = inputs;
    if (inputs !== undefined) this.values.length = inputs.length;
  }

  fulfil(index: number, input: Input, value: Output): void {
    this.values[index] = value;
    if (this.#inputs === undefined) this.#seen[index] = input;
  }

  reject(index: number, input: Input, reason: Error): void {
    this.values[index] = reason;
    this.#reasons.set(index, reason);
    if (this.#inputs === undefined) this.#seen[index] = input;
  }

  /** Every outcome that is there, in input order. Built when asked for: most batches never do. */
  outcomes(): Completed<Input, Output>[] {
    const inputs = this.#inputs ?? this.#seen;
    const outcomes: Completed<Input, Output>[] = [];
    this.values.forEach((value, index) => {
      const input = inputs[index] as Input;
      const reason = this.#reasons.get(index);
      outcomes.push(
        reason === undefined
          ? { index, input, status: "fulfilled", value: value as Output }
          : { index, input, status: "rejected", reason },
      );
    });
    return outcomes;
  }

  /** The slots, up to `count`, with `reason` in those that have no outcome. */
  filledUp(count: number, reason: Error): (Output | Error)[] {
    this.values.length = count;
    for (let index = 0; index < count; index++) {
      if (!(index in this.values)) this.values[index] = reason;
    }
    return this.values;
  }
}

/** Hands outcomes out, in whichever order it keeps. */
export interface OutcomeQueue<Input, Output> extends Sink<Input, Output> {
  /** The next outcome, if there is one now. */
  take(): Completed<Input, Output> | undefined;
}

/** Hands outcomes out as they complete: for `batchAsCompleted`. */
export class CompletionQueue<Input, Output> implements OutcomeQueue<Input, Output> {
  starved = false;
  #queue: Completed<Input, Output>[] = [];
  #first = 0;

  get waiting(): number {
    return this.#queue.length - this.#first;
  }

  get held(): number {
    return this.waiting;
  }

  fulfil(index: number, input: Input, value: Output): void {
    this.#queue.push({ index, input, status: "fulfilled", value });
  }

  reject(index: number, input: Input, reason: Error): void {
    this.#queue.push({ index, input, status: "rejected", reason });
  }

  take(): Completed<Input, Output> | undefined {
    if (this.#first === this.#queue.length) return undefined;
    const outcome = this.#queue[this.#first] as Completed<Input, Output>;
    // Let go of what has been taken without moving the rest at every step.
    this.#queue[this.#first++] = undefined as never;
    if (this.#first === this.#queue.length || this.#first >= 1024) {
      this.#queue = this.#queue.slice(this.#first);
      this.#first = 0;
    }
    return outcome;
  }
}

/** Hands outcomes out in input order, holding back those that are early: for `batchInOrder`. */
export class OrderedQueue<Input, Output> implements OutcomeQueue<Input, Output> {
  starved = false;
  readonly #outcomes = new Map<number, Completed<Input, Output>>();
  /** The next index to hand out, and the first one after it that has no outcome. */
  #next = 0;
  #gap = 0;

  get waiting(): number {
    return this.#gap - this.#next;
  }

  get held(): number {
    return this.#outcomes.size;
  }

  fulfil(index: number, input: Input, value: Output): void {
    this.#put({ index, input, status: "fulfilled", value });
  }

  reject(index: number, input: Input, reason: Error): void {
    this.#put({ index, input, status: "rejected", reason });
  }

  take(): Completed<Input, Output> | undefined {
    const outcome = this.#outcomes.get(this.#next);
    if (outcome === undefined) return undefined;
    this.#outcomes.delete(this.#next++);
    return outcome;
  }

  #put(outcome: Completed<Input, Output>): void {
    this.#outcomes.set(outcome.index, outcome);
    while (this.#outcomes.has(this.#gap)) this.#gap++;
  }
}
