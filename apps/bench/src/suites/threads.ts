import { type ThreadPool, threadPool } from "@batchwise/worker-threads";
import { versionOf } from "../machine.ts";
import type { SuiteReport } from "../report.ts";
import { type Entry, interleave, type Timing } from "../rounds.ts";
import coprimePairs from "../threads/coprime-pairs.ts";

/** Amount to measure. */
export interface ThreadsOptions {
  readonly items: number;
  readonly rounds: number;
}

const BUDGET_MS = 10_000;
const WARM_UP_ITEMS = 16;

/** Runs CPU-bound work in the main thread, and in pools of one and two threads. */
export async function measureThreads({ items, rounds }: ThreadsOptions): Promise<SuiteReport> {
  // Inputs of a few sizes, so that the work varies from call to call.
  const inputs = Array.from({ length: items }, (_, index) => 240 + (index % 5) * 20);
  const expected = inputs.map((input) => coprimePairs(input));
  await using one = newPool(1);
  await using two = newPool(2);
  await Promise.all([one, two].map((pool) => pool.batch(inputs.slice(0, WARM_UP_ITEMS))));

  const entries: readonly Entry[] = [
    {
      name: "main thread, a loop",
      run: async () => {
        const outputs = inputs.map((input) => coprimePairs(input));
        return () => verify("main thread, a loop", outputs, expected);
      },
    },
    {
      name: "threadPool, 1 thread",
      run: () => runPool("threadPool, 1 thread", one, inputs, expected),
    },
    {
      name: "threadPool, 2 threads",
      run: () => runPool("threadPool, 2 threads", two, inputs, expected),
    },
  ];
  const timings = await interleave(entries, { rounds, budgetMs: BUDGET_MS });
  const of = (name: string): Timing => timings.get(name) as Timing;
  const perSecond = (milliseconds: number): number => (items * 1000) / milliseconds;
  return {
    suite: "threads",
    title: `${items.toLocaleString("en")} CPU-bound items of about ${(of("main thread, a loop").median / items).toFixed(1)} ms`,
    columns: [
      { key: "name", title: "contender" },
      { key: "version", title: "version" },
      { key: "perSecond", title: "items a second" },
      { key: "least", title: "least" },
      { key: "most", title: "most" },
      { key: "speedup", title: "times one thread", digits: 2 },
      { key: "rounds", title: "rounds" },
    ],
    rows: entries.map(({ name }) => {
      const { median, least, most, rounds: measured } = of(name);
      return {
        name,
        version: name.startsWith("threadPool") ? versionOf("@batchwise/worker-threads") : undefined,
        perSecond: perSecond(median),
        least: perSecond(most),
        most: perSecond(least),
        speedup: of("threadPool, 1 thread").median / median,
        rounds: measured,
      };
    }),
    targets: [
      {
        name: "Batchwise threadPool, two threads against one",
        bound: "at least",
        limit: 1.7,
        measured: of("threadPool, 1 thread").median / of("threadPool, 2 threads").median,
        unit: "times as fast",
      },
    ],
  };
}

function newPool(threads: number): ThreadPool<number, number> {
  return threadPool<number, number>(new URL("../threads/coprime-pairs.ts", import.meta.url), {
    threads,
  });
}

async function runPool(
  name: string,
  pool: ThreadPool<number, number>,
  inputs: readonly number[],
  expected: readonly number[],
): Promise<() => void> {
  const outputs = await pool.batch(inputs, { returnExceptions: true });
  return () => verify(name, outputs, expected);
}

function verify(name: string, outputs: readonly (number | Error)[], expected: readonly number[]): void {
  const wrong = expected.findIndex((value, index) => outputs[index] !== value);
  if (wrong !== -1 || outputs.length !== expected.length) {
    throw new Error(`Expected ${expected.length} right outputs of ${name}, got a first wrong one at ${wrong}.`);
  }
}
