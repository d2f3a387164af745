import type { Work } from "../floor.ts";

/** Guarantees for a caller when one call of many fails. */
export interface Guarantees {
  /** True when each input gets its own value or error. */
  readonly outcomes: boolean;
  /** True when results are in input order. */
  readonly order: boolean;
  /** True when a failure loses no other result. */
  readonly survives: boolean;
}

/** Way to run a bulk of calls. */
export interface Contender {
  /** Name in the table; unique. */
  readonly name: string;
  /** npm package whose version the table shows; undefined for a hand-written contender. */
  readonly package: string | undefined;
  readonly guarantees: Guarantees;
  /** Fails one call in a hundred; its work must then be measured with outcomes that survive. @default false */
  readonly failing?: boolean;
  /**
   * Runs `work` over every input, at most `concurrency` at once, and keeps the results. Resolves with a function that
   * reads the outputs in input order, outside of the measured time.
   */
  readonly run: (inputs: readonly number[], work: Work, concurrency: number) => Promise<ReadOutputs>;
}

/** Reads the outputs of a contender, an Error in the slot of an input that failed. */
export type ReadOutputs = () => readonly (number | Error)[];

/** Every input gets its own outcome, in order. */
export const ALL: Guarantees = { outcomes: true, order: true, survives: true };

/** Values in order, or the first failure instead of all of them. */
export const FAIL_FAST: Guarantees = { outcomes: false, order: true, survives: false };

/** Outputs from the results of `Promise.allSettled` and the like. */
export function settledOutputs(settled: readonly PromiseSettledResult<number>[]): readonly (number | Error)[] {
  return settled.map((each) => (each.status === "fulfilled" ? each.value : (each.reason as Error)));
}
