import type { SuiteReport } from "../report.ts";

/** How much of a suite is measured. */
export interface SuiteOptions {
  readonly items: number;
  readonly rounds: number;
}

/** Something that can be measured. */
export interface Suite {
  readonly name: string;
  readonly description: string;
  /** What the committed results are measured with. */
  readonly defaults: SuiteOptions;
  readonly measure: (options: SuiteOptions) => Promise<SuiteReport>;
}

/** Every suite, in the order of the README. Each is loaded when it is measured. */
export const suites: readonly Suite[] = [
  {
    name: "engine",
    description: "no-op items through every contender, beside a hand-written loop",
    defaults: { items: 100_000, rounds: 9 },
    measure: async (options) => (await import("./engine.ts")).measureEngine(options),
  },
  {
    name: "stream",
    description: "texts from an async generator in bulks, beside a hand-written generator",
    defaults: { items: 1_000_000, rounds: 7 },
    measure: async (options) => (await import("./stream.ts")).measureStream(options),
  },
  {
    name: "memory",
    description: "peak resident memory, each contender in processes of its own; streams get ten times the items",
    defaults: { items: 100_000, rounds: 3 },
    measure: async (options) => (await import("./memory.ts")).measureMemorySuite(options),
  },
  {
    name: "threads",
    description: "CPU-bound items in one thread and in two",
    defaults: { items: 200, rounds: 5 },
    measure: async (options) => (await import("./threads.ts")).measureThreads(options),
  },
  {
    name: "local",
    description: "documentation into vectors, beside @energetic-ai/embeddings",
    defaults: { items: 256, rounds: 3 },
    measure: async (options) => (await import("./local.ts")).measureLocal(options),
  },
];
