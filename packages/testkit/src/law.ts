import { BatchwiseError } from "@batchwise/core";

import type { Subject } from "./subject.ts";

/** The laws' numbers, as in the contract. */
export type LawNumber =
  | "L1"
  | "L2"
  | "L3"
  | "L4"
  | "L5"
  | "L6"
  | "L7"
  | "L8"
  | "L9"
  | "L10"
  | "L11"
  | "L12"
  | "L13"
  | "L14";

/** One law of a Runnable, as a check that needs no test runner. */
export interface Law {
  readonly number: LawNumber;
  /** What the law says, in one line. */
  readonly title: string;
  /** Whether the check has to see the backend's calls. False: it judges the outputs, and sees calls where it can. */
  readonly observes: boolean;
  /** @throws LawError when the subject breaks the law. */
  check<Input, Output>(subject: Subject<Input, Output>): Promise<void>;
}

/** A Runnable broke a law. The message says what was expected and what came; `cause` is the error that came, if one did. */
export class LawError extends BatchwiseError {
  static override readonly kind: string = "LawError";
}

/**
 * Throws a LawError unless `holds`.
 *
 * @param where The method and the situation, such as "batchAsCompleted, 6 inputs".
 */
export function expectThat(holds: boolean, where: string, expected: string, came: string): asserts holds {
  if (!holds) throw broken(where, expected, came);
}

/** The error of a broken law. */
export function broken(where: string, expected: string, came: string, cause?: unknown): LawError {
  return new LawError(`${where}: expected ${expected}; ${came} came.`, cause === undefined ? {} : { cause });
}

/** An error's name and message, for the "came" of a LawError. */
export function nameOf(error: unknown): string {
  return error instanceof Error ? `${error.name} (${error.message})` : `a thrown ${typeof error}`;
}
