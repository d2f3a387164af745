import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { takeTurns } from "../rounds.ts";
import { boundMs, type Demand } from "./bound.ts";
import type { Setting } from "./contenders/contender.ts";
import { measureDemand } from "./demand.ts";
import { ServerProcess } from "./server-process.ts";
import { type Run, runContender } from "./run.ts";
import type { WorkloadName } from "./workload.ts";
import { workloads } from "./workloads.ts";

/** Contender with a setting. */
export interface Entry {
  /** The contender's name. */
  readonly name: string;
  readonly setting: Setting;
  /** True when it runs in every round, however long it takes. */
  readonly always: boolean;
}

/** Run with the shortest time that its inputs could have taken. */
export interface MeasuredRun extends Run {
  readonly boundMs: number;
}

/** Runs of all entries, and their demand. */
export interface Measured {
  readonly runs: ReadonlyMap<Entry, readonly MeasuredRun[]>;
  /** Demand of the first round. */
  readonly demand: Demand;
  readonly boundMs: number;
}

/** Amount of measuring. */
export interface MeasureOptions {
  readonly items: number;
  readonly rounds: number;
  /** Seed of the first round. @default 1 */
  readonly firstSeed?: number;
  /** Milliseconds that a run may take at least, before it is given up. @default 10_000 */
  readonly leastTimeoutMs?: number;
  /** Called with each run that has ended. */
  readonly onRun?: (entry: Entry, run: MeasuredRun) => void;
}

/** Multiple of the bound after which a run is given up. */
const TIMES_BOUND = 3;
/** Minimum timeout, for small work with a bound of almost nothing. */
const MIN_TIMEOUT_MS = 10_000;
/** Enough to compile everything once. */
const COMPILE_ITEMS = 16;

/**
 * Runs the entries one at a time, in interleaved rounds: each in its own process, each round with inputs and an emulator
 * of another seed. An entry that has used half of the bound's time sits further rounds out, unless it always runs.
 */
export async function measureWorkload(
  name: WorkloadName,
  entries: readonly Entry[],
  { items, rounds, firstSeed = 1, leastTimeoutMs = MIN_TIMEOUT_MS, onRun }: MeasureOptions,
): Promise<Measured> {
  const workload = workloads[name];
  const compileCache = await mkdtemp(join(tmpdir(), "batchwise-bench-"));
  try {
    using emulator = await ServerProcess.start(compileCache, workload.own === undefined ? "emulator" : "own");
    const demands: Demand[] = [];
    for (let round = 0; round < rounds; round++) {
      // oxlint-disable-next-line no-await-in-loop -- one at a time
      demands.push(await measureDemand(emulator, workload, items, firstSeed + round));
    }
    const bounds = demands.map((demand) => boundMs(workload, demand));
    const runOne = async (entry: Entry, round: number): Promise<MeasuredRun> => {
      const bound = bounds[round] as number;
      const run = await runContender(
        { name: entry.name, setting: entry.setting, workload: name, items, seed: firstSeed + round },
        { emulator, compileCache, timeoutMs: Math.max(leastTimeoutMs, TIMES_BOUND * bound) },
      );
      return { ...run, boundMs: bound };
    };
    await compile(entries, name, { emulator, compileCache, timeoutMs: MIN_TIMEOUT_MS });
    const runs = await takeTurns(entries, {
      rounds,
      async run(entry, round) {
        const run = await runOne(entry, round);
        onRun?.(entry, run);
        return run;
      },
      sitsOut: (own, entry) =>
        !entry.always && own.reduce((total, run) => total + run.milliseconds, 0) >= bounds[0]! / 2,
    });
    return { runs, demand: demands[0] as Demand, boundMs: bounds[0] as number };
  } finally {
    await rm(compileCache, { recursive: true });
  }
}

/** Fills Node's compile cache with a short run of each contender, which is not counted. */
async function compile(
  entries: readonly Entry[],
  workload: WorkloadName,
  options: Parameters<typeof runContender>[1],
): Promise<void> {
  for (const name of new Set(entries.map((entry) => entry.name))) {
    // oxlint-disable-next-line no-await-in-loop -- one at a time
    await runContender({ name, setting: {}, workload, items: COMPILE_ITEMS, seed: 0 }, options);
  }
}
