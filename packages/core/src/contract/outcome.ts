/** Outcome of an input that succeeded. */
export interface Fulfilled<Input, Output> {
  /** Position of the input in the order in which the source gave it, from 0. */
  readonly index: number;
  readonly input: Input;
  readonly status: "fulfilled";
  readonly value: Output;
}

/** Outcome of an input that failed. */
export interface Rejected<Input> {
  /** Position of the input in the order in which the source gave it, from 0. */
  readonly index: number;
  readonly input: Input;
  readonly status: "rejected";
  /** Reason of the failure. A thrown value that was not an Error is wrapped in one, with the thrown value as `cause`. */
  readonly reason: Error;
}

/** Outcome of one input. The input comes along because a lazy source cannot be asked again. */
export type Completed<Input, Output> = Fulfilled<Input, Output> | Rejected<Input>;

/** Outcomes that `onFinish` and BatchError give back, in input order. */
export type Outcomes<Input, Output> = readonly Completed<Input, Output>[];
