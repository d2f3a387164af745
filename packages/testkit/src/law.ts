import { BatchwiseError } from "@batchwise/core";

import type { LawNumber } from "./law-number.ts";
import type { Subject } from "./subject.ts";

/** One law of a Runnable, as a check that needs no test runner. */
export interface Law {
  readonly number: LawNumber;
  /** The law in one line. */
  readonly title: string;
  /** Marks a check that has to see the backend's calls. Others judge the outputs, and see calls where they can. */
  readonly observes: boolean;
  /** @throws LawError when the subject breaks the law. */
  check<Input, Output>(subject: Subject<Input, Output>): Promise<void>;
}

/** Error of a broken law. The message says what was expected and what was got; `cause` is the error that was got, if any. */
export class LawError extends BatchwiseError {
  static override readonly kind: string = "LawError";
}

/**
 * Throws a LawError unless `holds`.
 *
 * @param where The method and the situation, such as "batchAsCompleted, 6 inputs".
 */
export function expectThat(
  holds: boolean,
  where: string,
  expected: string,
  got: string,
  advice?: string,
): asserts holds {
  if (!holds) throw broken(where, expected, got, undefined, advice);
}

/** The error of a broken law. */
export function broken(where: string, expected: string, got: string, cause?: unknown, advice?: string): LawError {
  const message = `${where}: expected ${expected}, got ${got}.${advice === undefined ? "" : ` ${advice}`}`;
  return new LawError(message, cause === undefined ? {} : { cause });
}

/** An error's name and message, for the "got" of a LawError. */
export function nameOf(error: unknown): string {
  return error instanceof Error ? `${error.name} (${error.message})` : `a thrown ${typeof error}`;
}
