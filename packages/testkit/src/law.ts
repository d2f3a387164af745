import { BatchwiseError } from "@batchwise/core";

import type { LawNumber } from "./law-number.ts";
import type { Subject } from "./subject.ts";

/** One law of a Runnable, as a check that needs no test runner. */
export interface Law {
  readonly number: LawNumber;
  /** The law in one line. */
  readonly title: string;
  /** Work of an author by which the law is kept, for the end of a LawError: "To keep L3: ...". */
  readonly advice: string;
  /** Marks a check that has to see the backend's calls. Others judge the outputs, and see calls where they can. */
  readonly observes: boolean;
  /** @throws LawError when the subject breaks the law. */
  check<Input, Output>(subject: Subject<Input, Output>): Promise<void>;
}

/** Error of a broken law. The message says what was expected, what was got and how the law is kept; `cause` is the error that was got, if any. */
export class LawError extends BatchwiseError {
  static override readonly kind: string = "LawError";
}

/** Runs the check of a law: how the law is kept is added to a LawError. */
export async function checkLaw(
  { number, advice }: { readonly number: string; readonly advice: string },
  check: () => Promise<void>,
): Promise<void> {
  try {
    await check();
  } catch (error) {
    if (!LawError.isInstance(error)) throw error;
    const message = `${error.message} To keep ${number}: ${advice}`;
    // What prints an error prints its stack, which begins with its message.
    throw Object.assign(error, { message, stack: error.stack?.replace(error.message, () => message) });
  }
}

/**
 * Throws a LawError unless `holds`.
 *
 * @param where The method and the situation, such as "batchAsCompleted, 6 inputs".
 */
export function expectThat(holds: boolean, where: string, expected: string, got: string): asserts holds {
  if (!holds) throw broken(where, expected, got);
}

/** The error of a broken law. */
export function broken(where: string, expected: string, got: string, cause?: unknown): LawError {
  const message = `${where}: expected ${expected}, got ${got}.`;
  return new LawError(message, cause === undefined ? {} : { cause });
}

/** An error's name and message, for the "got" of a LawError. */
export function nameOf(error: unknown): string {
  return error instanceof Error ? `${error.name} (${error.message})` : `a thrown ${typeof error}`;
}
