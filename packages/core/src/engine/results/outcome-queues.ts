import type { Completed } from "../../contract/outcome.ts";
import { Fifo } from "../../fifo.ts";
import { type Backlog, type OutcomeSink, Sleepers, type Wakeable } from "./outcome-sink.ts";

/** Outcomes that wait for a consumer, in the order in which they are handed out. */
export abstract class OutcomeQueue<Input, Output> implements OutcomeSink<Input, Output>, Backlog {
  readonly backlog: Backlog = this;
  /** Told of each outcome that is added. */
  onOutcome: () => void = nothing;
  readonly #sleepers = new Sleepers();

  /** Method of a Runnable that hands these outcomes out. */
  abstract readonly method: "batchAsCompleted" | "batchInOrder";
  abstract readonly waiting: number;
  abstract readonly held: number;
  /** The next outcome, if there is one now. */
  abstract take(): Completed<Input, Output> | undefined;
  protected abstract add(outcome: Completed<Input, Output>): void;

  fulfill(index: number, input: Input, value: Output): void {
    this.add({ index, input, status: "fulfilled", value });
    this.onOutcome();
  }

  reject(index: number, input: Input, reason: Error): void {
    this.add({ index, input, status: "rejected", reason });
    this.onOutcome();
  }

  wakeWhenTaken(stage: Wakeable): void {
    this.#sleepers.add(stage);
  }

  /** Outcomes have been taken: wakes the stages that wait for it. */
  wake(): void {
    this.#sleepers.wake();
  }
}

/** Hands outcomes out as they complete: for `batchAsCompleted`. */
export class CompletionQueue<Input, Output> extends OutcomeQueue<Input, Output> {
  readonly method = "batchAsCompleted";
  readonly #outcomes = new Fifo<Completed<Input, Output>>();

  get waiting(): number {
    return this.#outcomes.size;
  }

  get held(): number {
    return this.#outcomes.size;
  }

  take(): Completed<Input, Output> | undefined {
    return this.#outcomes.shift();
  }

  protected add(outcome: Completed<Input, Output>): void {
    this.#outcomes.push(outcome);
  }
}

/** Hands outcomes out in input order, holding back those that are early: for `batchInOrder`. */
export class OrderedQueue<Input, Output> extends OutcomeQueue<Input, Output> {
  readonly method = "batchInOrder";
  readonly #outcomes = new Map<number, Completed<Input, Output>>();
  /** Index that is handed out next, and the first one after it that has no outcome. */
  #next = 0;
  #gap = 0;

  get waiting(): number {
    return this.#gap - this.#next;
  }

  get held(): number {
    return this.#outcomes.size;
  }

  take(): Completed<Input, Output> | undefined {
    const outcome = this.#outcomes.get(this.#next);
    if (outcome === undefined) return undefined;
    this.#outcomes.delete(this.#next++);
    return outcome;
  }

  protected add(outcome: Completed<Input, Output>): void {
    this.#outcomes.set(outcome.index, outcome);
    while (this.#outcomes.has(this.#gap)) this.#gap++;
  }
}

function nothing(): void {
  // Nothing listens yet.
}
