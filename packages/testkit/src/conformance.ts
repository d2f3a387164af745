import { ArgumentError } from "@batchwise/core";

import { reasonToSkip } from "./check-laws.ts";
import { laws } from "./laws/index.ts";
import { defineSubject, type SubjectOptions } from "./subject.ts";

/** Functions of a test runner that the suite needs; those of vitest, node:test, jest and mocha fit. */
export interface TestRunner {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: ((name: string, body: () => Promise<void>) => unknown) & {
    readonly skip: (name: string, body: () => Promise<void>) => unknown;
  };
}

/** Options of `conformance`. */
export interface ConformanceOptions<Input, Output, Answer = Output> extends SubjectOptions<Input, Output, Answer> {
  /** Title of the suite. @default "the laws of a Runnable" */
  readonly name?: string;
  /** Test runner. @default the global `describe` and `it` where there are such; vitest's inside of vitest; else node:test's */
  readonly runner?: TestRunner;
}

/**
 * Registers the laws L1 to L14 as tests for an adapter. A law that the adapter declares as not applying is listed as
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
  const runner = options.runner ?? globalRunner();
  if (runner === undefined) return importRunner().then((found) => register(options, found));
  register(options, runner);
  return Promise.resolve();
}

function register<Input, Output, Answer>(
  options: ConformanceOptions<Input, Output, Answer>,
  { describe, it }: TestRunner,
): void {
  const subject = defineSubject(options);
  describe(options.name ?? "the laws of a Runnable", () => {
    for (const law of laws) {
      const title = `${law.number} ${law.title}`;
      const reason = reasonToSkip(law, subject);
      const check = (): Promise<void> => law.check(subject);
      if (reason === undefined) it(title, check);
      else it.skip(`${title} (does not apply: ${reason})`, check);
    }
  });
}

function globalRunner(): TestRunner | undefined {
  const { describe, it } = globalThis as Partial<TestRunner>;
  return typeof describe === "function" && typeof it === "function" ? { describe, it } : undefined;
}

async function importRunner(): Promise<TestRunner> {
  // node:test inside of vitest would register tests that are never run.
  const found: unknown = process.env["VITEST"] === undefined ? await import("node:test") : await import("vitest");
  const { describe, it } = found as Partial<TestRunner>;
  if (describe === undefined || it === undefined) {
    throw new ArgumentError("Expected a test runner with `describe` and `it`, got none. Pass `runner`.");
  }
  return { describe, it };
}
