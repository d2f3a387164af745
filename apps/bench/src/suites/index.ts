import { type WorkloadName, workloads } from "../provider/workload.ts";
import type { SuiteReport } from "../report.ts";

/** Amount of a suite to measure. */
export interface SuiteOptions {
  readonly items: number;
  readonly rounds: number;
}

/** Suite of measurements. */
export interface Suite {
  readonly name: string;
  /** Command that runs all suites of this kind. @default none besides `all` */
  readonly group?: "provider";
  readonly description: string;
  /** Options of the committed results. */
  readonly defaults: SuiteOptions;
  readonly measure: (options: SuiteOptions) => Promise<SuiteReport>;
}

/** Every suite, in the order of the README. Each is loaded when it is measured. */
export const suites: readonly Suite[] = [
  {
    name: "engine",
    description: "no-op items through every contender, against a hand-written loop",
    defaults: { items: 100_000, rounds: 9 },
    measure: async (options) => (await import("./engine.ts")).measureEngine(options),
  },
  {
    name: "stream",
    description: "texts from an async generator in bulks, against a hand-written generator",
    defaults: { items: 1_000_000, rounds: 7 },
    measure: async (options) => (await import("./stream.ts")).measureStream(options),
  },
  {
    name: "memory",
    description: "peak resident memory, each contender in its own processes; streams get ten times the items",
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
    description: "documentation into vectors, against @energetic-ai/embeddings",
    defaults: { items: 256, rounds: 3 },
    measure: async (options) => (await import("./local.ts")).measureLocal(options),
  },
  providerSuite("embed", "texts into vectors on a provider's limits, against the shortest time that they allow"),
  providerSuite("throttled", "the same on a quarter of the limits; a run takes a minute"),
  providerSuite("faulty", "the same with texts that are refused and with failing requests"),
  providerSuite("chat", "prompts into answers, one a request"),
  {
    name: "decode",
    group: "provider",
    description: "one response into vectors, against JSON.parse and base64 alone",
    defaults: { items: 2048, rounds: 9 },
    measure: async (options) => (await import("./decode.ts")).measureDecode(options),
  },
  providerSuite("wide", "embed with vectors of 1,536 numbers, and the memory that it takes"),
];

function providerSuite(name: WorkloadName, description: string): Suite {
  return {
    name,
    group: "provider",
    description,
    defaults: { items: workloads[name].items, rounds: 3 },
    measure: async (options) => (await import("./provider.ts")).measureProvider(name, options),
  };
}
