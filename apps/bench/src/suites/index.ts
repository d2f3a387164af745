import type { LimitsName } from "../provider/workload.ts";
import { workloads } from "../provider/workloads.ts";
import type { SuiteReport } from "../report.ts";

/** Amount of a suite to measure. */
export interface SuiteOptions {
  readonly items: number;
  readonly rounds: number;
  /** Names of the rows to measure, in suites that have several workloads. @default all */
  readonly rows?: readonly string[];
  /** Names of the contenders to measure besides ours, or parts of them. @default all */
  readonly contenders?: readonly string[];
}

/** Command that runs several suites: against an emulated provider, or at latencies and servers that it has to learn. */
export type SuiteGroup = "provider" | "learned";

/** Suite of measurements. */
export interface Suite {
  readonly name: string;
  /** Command that runs all suites of this kind. @default none besides `all` */
  readonly group?: SuiteGroup;
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
  {
    name: "latency",
    group: "learned",
    description: "texts and chats whatever the latency, against peers as they come and at the best of 12 settings",
    defaults: { items: workloads.E10.items, rounds: 3 },
    measure: async (options) => (await import("./latency.ts")).measureLatency(options),
  },
  {
    name: "own",
    group: "learned",
    description: "servers of one's own, which report no limits, against the best of a sweep of fixed settings",
    defaults: { items: workloads.E10.items, rounds: 2 },
    measure: async (options) => (await import("./own.ts")).measureOwn(options),
  },
  {
    name: "fewest",
    group: "learned",
    description: "requests that are made where requests are few, and where a server takes small ones only",
    defaults: { items: workloads.E10.items, rounds: 2 },
    measure: async (options) => (await import("./fewest.ts")).measureFewest(options),
  },
  {
    name: "shared",
    group: "learned",
    description: "the pace of a long job on a key, half of whose limits another user takes for a while",
    defaults: { items: workloads.shared.items, rounds: 1 },
    measure: async (options) => (await import("./shared.ts")).measureShared(options),
  },
];

function providerSuite(name: LimitsName, description: string): Suite {
  return {
    name,
    group: "provider",
    description,
    defaults: { items: workloads[name].items, rounds: 3 },
    measure: async (options) => (await import("./provider.ts")).measureProvider(name, options),
  };
}
