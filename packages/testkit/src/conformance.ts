import { reasonToSkip } from "./check-laws.ts";
import { checkLaw } from "./law.ts";
import { laws } from "./laws/index.ts";
import { defineSubject, type SubjectOptions } from "./subject.ts";
import { registerSuite, type TestRunner } from "./test-runner.ts";

/** Options of `conformance`. */
export interface ConformanceOptions<Input, Output, Answer = Output> extends SubjectOptions<Input, Output, Answer> {
  /** Title of the suite. @default "the laws of a Runnable" */
  readonly name?: string;
  /** Test runner. @default the global `describe` and `it` where there are such; vitest's inside of vitest; else node:test's */
  readonly runner?: TestRunner;
}

/**
 * Registers the laws L1 to L18 as tests for an adapter. A law that the adapter declares as not applying is listed as
 * skipped, with the reason; a gap that is not declared fails. With a `runner` the tests are registered before this
 * returns; without one, await it.
 *
 * @throws ArgumentError for a subject that cannot be checked.
 *
 * @example
 * await conformance({
 *   inputs: ["a", "b", "c", "d", "e", "f"],
 *   answer: (text) => text.toUpperCase(),
 *   create: ({ backend }) => new Shout({ call: (texts, signal) => backend.call(texts, { signal }) }),
 * });
 */
export function conformance<Input, Output, Answer = Output>(
  options: ConformanceOptions<Input, Output, Answer>,
): Promise<void> {
  const subject = defineSubject(options);
  const tests = laws.map((law) => ({
    title: `${law.number} ${law.title}`,
    skip: reasonToSkip(law, subject),
    check: () => checkLaw(law, () => law.check(subject)),
  }));
  return registerSuite(options.runner, options.name ?? "the laws of a Runnable", tests);
}
