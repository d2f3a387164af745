import { ArgumentError } from "@batchwise/core";

/** Functions of a test runner that the suite needs; those of vitest, node:test, jest and mocha fit. */
export interface TestRunner {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: ((name: string, body: () => Promise<void>) => unknown) & {
    readonly skip: (name: string, body: () => Promise<void>) => unknown;
  };
}

/** Test of a suite: what is checked, and why it is not, where it is not. */
export interface SuiteTest {
  readonly title: string;
  /** Reason that is listed with the test in place of running it. */
  readonly skip: string | undefined;
  readonly check: () => Promise<void>;
}

/** Registers a suite: before it returns where a runner is given or global, else before what it returns resolves. */
export function registerSuite(
  runner: TestRunner | undefined,
  name: string,
  tests: readonly SuiteTest[],
): Promise<void> {
  const known = runner ?? globalRunner();
  if (known === undefined) return importRunner().then((found) => register(found, name, tests));
  register(known, name, tests);
  return Promise.resolve();
}

function register({ describe, it }: TestRunner, name: string, tests: readonly SuiteTest[]): void {
  describe(name, () => {
    for (const { title, skip, check } of tests) {
      if (skip === undefined) it(title, check);
      else it.skip(`${title} (does not apply: ${skip})`, check);
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
