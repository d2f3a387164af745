/** An input that came through. */
export interface Fulfilled<Input, Output> {
  /** Position of the input in the order in which the source gave it, from 0. */
  readonly index: number;
  readonly input: Input;
  readonly status: "fulfilled";
  readonly value: Output;
}

/** An input that did not. */
export interface Rejected<Input> {
  /** Position of the input in the order in which the source gave it, from 0. */
  readonly index: number;
  readonly input: Input;
  readonly status: "rejected";
  /** Why. A thrown value that was no Error is wrapped in one, with the thrown value as `cause`. */
  readonly reason: Error;
}

/** The outcome of one input. The input comes along because a lazy source cannot be asked again. */
export type Completed<Input, Output> = Fulfilled<Input, Output> | Rejected<Input>;
