import type { Completed } from "../../contract/outcome.ts";
import type { Backlog, OutcomeSink } from "./outcome-sink.ts";

/** Outcomes of a batch, each in its own slot: for `batch`. */
export class ResultSlots<Input, Output> implements OutcomeSink<Input, Output> {
  readonly backlog: Backlog = NO_BACKLOG;
  /** Outputs, and errors in the slots of inputs that failed. A slot without an outcome is a hole. */
  readonly values: (Output | Error)[] = [];
  readonly #reasons = new Map<number, Error>();
  readonly #inputs: readonly Input[] | undefined;
  readonly #seen: Input[] = [];

  /** @param inputs of an array, which need not be kept again */
  constructor(inputs: readonly Input[] | undefined) {
    this.#inputs = inputs;
    if (inputs !== undefined) this.values.length = inputs.length;
  }

  fulfill(index: number, input: Input, value: Output): void {
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

/** Outcomes in slots never hold a stage back. */
const NO_BACKLOG: Backlog = {
  waiting: 0,
  held: 0,
  wakeWhenTaken() {
    // Nothing waits to be taken.
  },
};
