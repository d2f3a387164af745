import type { TestRunner } from "./test-runner.ts";

/** Test that a suite has registered. */
interface Registered {
  readonly name: string;
  readonly skipped: boolean;
  readonly body: () => Promise<void>;
}

/** Runner that runs nothing by itself and remembers what it was given. */
export interface Recorder {
  readonly runner: TestRunner;
  readonly tests: Registered[];
  readonly suites: string[];
  /** Runs every test once, in order, as a runner does. Resolves to the errors of the red ones, by their laws. */
  readonly redIn: () => Promise<Map<string, unknown>>;
}

/** Makes a recorder. */
export function recorder(): Recorder {
  const tests: Registered[] = [];
  const suites: string[] = [];
  const register =
    (skipped: boolean) =>
    (name: string, body: () => Promise<void>): void => {
      tests.push({ name, skipped, body });
    };
  const describe = (name: string, body: () => void): void => {
    suites.push(name);
    body();
  };
  return {
    runner: { describe, it: Object.assign(register(false), { skip: register(true) }) },
    tests,
    suites,
    redIn: async () => {
      const red = new Map<string, unknown>();
      for (const { name, skipped, body } of tests) {
        if (skipped) continue;
        const error: unknown = await body().catch((thrown: unknown) => thrown);
        if (error !== undefined) red.set(name.split(" ")[0] as string, error);
      }
      return red;
    },
  };
}
