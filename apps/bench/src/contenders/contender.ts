import type { Work } from "../floor.ts";

/** What a caller can rely on when one call of many fails. */
export interface Guarantees {
  /** Each input gets its value or its error, not the batch as a whole. */
  readonly outcomes: boolean;
  /** What is given back is in input order. */
  readonly order: boolean;
  /** One failure loses no other result. */
  readonly survives: boolean;
}

/** A way to run a bulk of calls. */
export interface Contender {
  /** As the table shows it; unique. */
  readonly name: string;
  /** The npm package whose version the table shows; undefined for a hand-written one. */
  readonly package: string | undefined;
  readonly guarantees: Guarantees;
  /** Fails one call in a hundred; its work must then be measured with outcomes that survive. @default false */
  readonly failing?: boolean;
  /**
   * Runs `work` over every input, at most `concurrency` at once, and keeps what came of it.
   * What it resolves with reads the outputs in input order; it is called outside of the measured time.
   */
  readonly run: (inputs: readonly number[], work: Work, concurrency: number) => Promise<ReadOutputs>;
}

/** Reads what a contender kept, an Error in the slot of an input that failed. */
export type ReadOutputs = () => readonly (number | Error)[];

/** Every input gets its outcome, in order, whatever happened to the others. */
export const ALL: Guarantees = { outcomes: true, order: true, survives: true };

/** Values in order, or the first failure instead of all of them. */
export const FAIL_FAST: Guarantees = { outcomes: false, order: true, survives: false };

/** Outputs of what `Promise.allSettled` and its like resolve with. */
export function settledOutputs(settled: readonly PromiseSettledResult<number>[]): readonly (number | Error)[] {
  return settled.map((each) => (each.status === "fulfilled" ? each.value : (each.reason as Error)));
}
