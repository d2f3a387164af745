import type { Chunk } from "../engine/intake/chunk.ts";

/** Part of a chunk that an attempt left undone. */
export interface Failure<Input> {
  /** Inputs that have no outcome yet. */
  readonly chunk: Chunk<Input>;
  /** Error that the call threw, or the first of `errors`. */
  readonly error: Error;
  /** True where the call threw; otherwise single items failed, each with its own of `errors`. */
  readonly isWhole: boolean;
  readonly errors?: readonly Error[];
  /** Place in the chunk of the input that is bad by the provider's word. */
  readonly named?: number;
  /** True where these inputs are the rest of a chunk of which some have been asked: they have not failed, and go out again. */
  readonly isUnsent?: boolean;
}

/** Consequence of a failure: another call that uses up a try, or one that does not; none; or the end of the run. */
export type Judgment = "try" | "wait" | "over" | "end";
