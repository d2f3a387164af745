import { checkLaw } from "../law.ts";
import { registerSuite, type TestRunner } from "../test-runner.ts";
import { jobLaws } from "./job-laws.ts";
import { defineJobSubject, type JobSubjectOptions } from "./job-subject.ts";

/** Options of `jobBackendConformance`. */
export interface JobBackendConformanceOptions<Input, Output> extends JobSubjectOptions<Input, Output> {
  /** Title of the suite. @default "the laws of a job backend" */
  readonly name?: string;
  /** Test runner. @default the global `describe` and `it` where there are such; vitest's inside of vitest; else node:test's */
  readonly runner?: TestRunner;
}

/**
 * Registers the laws J1 to J16 as tests for a job backend: what one call of a provider's API for offline jobs means. A law
 * that the backend or its fake provider declares as not applying is listed as skipped, with the reason; a situation that
 * `create` does not bring about fails. With a `runner` the tests are registered before this returns; without one, await it.
 *
 * @throws ArgumentError for a subject that cannot be checked
 *
 * @example
 * await jobBackendConformance({
 *   inputs: ["one", "two", "three", "four", "five", "six"],
 *   expected: (text) => text.toUpperCase(),
 *   key: "test-key",
 *   create: (situation) => shoutJobs({ apiKey: "test-key", fetch: fakeProvider(situation) }),
 * });
 */
export function jobBackendConformance<Input, Output>(
  options: JobBackendConformanceOptions<Input, Output>,
): Promise<void> {
  const subject = defineJobSubject(
    options,
    jobLaws.map((law) => law.number),
  );
  const tests = jobLaws.map((law) => ({
    title: `${law.number} ${law.title}`,
    skip: subject.skip[law.number],
    check: () => checkLaw(law, () => law.check(subject)),
  }));
  return registerSuite(options.runner, options.name ?? "the laws of a job backend", tests);
}
