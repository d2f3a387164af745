import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadContenders, contenderModules } from "../contenders/index.ts";
import { measureMemory, type MemoryTask } from "../memory.ts";
import type { MemoryUse } from "../peak-memory.ts";
import type { SuiteReport } from "../report.ts";
import { median, takeTurns } from "../rounds.ts";
import { loadStreamContenders, streamModules } from "../streams/index.ts";

/** Amount to measure. */
export interface MemoryOptions {
  /** Items of a loop; a stream has ten times as many. */
  readonly items: number;
  /** Processes for each contender. */
  readonly rounds: number;
}

const MEGABYTE = 2 ** 20;
/** Enough to compile everything once. */
const COMPILE_ITEMS = 100;

/** Measures the peak resident memory of each contender, in its own processes. */
export async function measureMemorySuite({ items, rounds }: MemoryOptions): Promise<SuiteReport> {
  const tasks = await tasksOf(items);
  const uses = await measureAll(tasks, rounds);
  const rows = tasks.map((task) => rowOf(task, uses.get(task) ?? []));
  const above = (name: string): number => rows.find((row) => row.name === name)?.above ?? Number.NaN;
  return {
    suite: "memory",
    title: `Peak resident memory above the level at which the inputs are built, ${rounds} processes each`,
    columns: [
      { key: "name", title: "contender" },
      { key: "items", title: "items" },
      { key: "level", title: "level, MB", digits: 1 },
      { key: "peak", title: "peak, MB", digits: 1 },
      { key: "above", title: "above the level, MB", digits: 1 },
      { key: "least", title: "least", digits: 1 },
      { key: "most", title: "most", digits: 1 },
      { key: "bytes", title: "bytes an item" },
      { key: "maxRss", title: "of the whole process, MB", digits: 1 },
    ],
    rows,
    targets: [
      {
        name: "Batchwise batch, memory",
        bound: "at most",
        limit: 200,
        measured: (above("Batchwise batch") * MEGABYTE) / items,
        unit: "bytes an item",
      },
      {
        name: "Batchwise batchAsCompleted, memory against a hand-written generator",
        bound: "at most",
        limit: 1.05,
        measured: above("Batchwise batchAsCompleted") / above("hand-written generator"),
        unit: "times its memory",
      },
    ],
  };
}

async function measureAll(
  tasks: readonly MemoryTask[],
  rounds: number,
): Promise<ReadonlyMap<MemoryTask, readonly MemoryUse[]>> {
  const cache = await mkdtemp(join(tmpdir(), "batchwise-bench-"));
  try {
    // One process at a time: two would share the cores and collect their garbage later.
    // oxlint-disable-next-line no-await-in-loop -- one at a time
    for (const task of tasks) await measureMemory({ ...task, items: COMPILE_ITEMS }, cache);
    return await takeTurns(tasks, { rounds, run: (task) => measureMemory(task, cache) });
  } finally {
    await rm(cache, { recursive: true });
  }
}

async function tasksOf(items: number): Promise<readonly MemoryTask[]> {
  const tasks: MemoryTask[] = [];
  for (const module of contenderModules) {
    // oxlint-disable-next-line no-await-in-loop -- one at a time
    for (const { name, failing } of await loadContenders(module)) {
      if (!failing) tasks.push({ kind: "loop", module, name, items });
    }
  }
  for (const module of streamModules) {
    // oxlint-disable-next-line no-await-in-loop -- one at a time
    for (const { name } of await loadStreamContenders(module)) {
      tasks.push({ kind: "stream", module, name, items: items * 10 });
    }
  }
  return tasks;
}

function rowOf(task: MemoryTask, uses: readonly MemoryUse[]) {
  const above = uses.map((use) => use.peak - use.level);
  return {
    name: task.name,
    items: task.items,
    level: median(uses.map((use) => use.level)) / MEGABYTE,
    peak: median(uses.map((use) => use.peak)) / MEGABYTE,
    above: median(above) / MEGABYTE,
    least: Math.min(...above) / MEGABYTE,
    most: Math.max(...above) / MEGABYTE,
    bytes: median(above) / task.items,
    maxRss: median(uses.map((use) => use.maxRss)) / MEGABYTE,
  };
}
