import { setTimeout as sleep } from "node:timers/promises";
import { Child } from "../child.ts";
import type { Setting } from "./contenders/contender.ts";
import type { EmulatorCounts, EmulatorProcess } from "./emulator.ts";
import { behaviourOf, type WorkloadName, workloads } from "./workload.ts";

/** What one process is to do. */
export interface RunTask {
  /** The contender's name. */
  readonly name: string;
  readonly setting: Setting;
  readonly workload: WorkloadName;
  readonly items: number;
  readonly seed: number;
}

/** What is sent to the process: do the work, or hold what came of it against the emulator's own answers. */
export interface Order {
  readonly kind: "run" | "check";
  readonly baseURL: string;
}

/** What a contender did, as its own process saw it. */
export interface Performance {
  readonly milliseconds: number;
  /** Inputs without an output; those that the provider refuses are not counted. */
  readonly lost: number;
  /** The class of the error that a contender gave in place of all its outcomes. */
  readonly failure: string | undefined;
  /** Resident memory in bytes when the inputs were built, and at most from then on. */
  readonly level: number;
  readonly peak: number;
}

/** A run: what the contender did, and what the emulator counted. */
export interface Run extends Performance {
  readonly counts: EmulatorCounts;
}

/** Where and how long a run may go on. */
export interface RunOptions {
  readonly emulator: EmulatorProcess;
  /** After this time a run is given up, and everything is lost. */
  readonly patienceMs: number;
  readonly compileCache: string;
}

/** V8 lets young garbage grow as it sees fit, by tens of megabytes from run to run; with one size for all it is theirs. */
const RUN_FLAGS: readonly string[] = ["--min-semi-space-size=16", "--max-semi-space-size=16"];

/**
 * Lets one contender do its work in a process of its own, on fresh buckets. The clock runs in that process, from the
 * call until its outcome; what came of it is checked afterwards.
 *
 * @throws Error when an output is wrong; what was wrong is on stderr.
 */
export async function runContender(task: RunTask, { emulator, patienceMs, compileCache }: RunOptions): Promise<Run> {
  const workload = workloads[task.workload];
  using child = new Child(task.name, new URL("run-process.ts", import.meta.url), {
    argument: JSON.stringify(task),
    flags: RUN_FLAGS,
    compileCache,
  });
  await child.answer();
  await emulator.reset(behaviourOf(workload, task.seed));
  const order = { kind: "run", baseURL: emulator.baseURL } satisfies Order;
  const performance = await withPatience(child.ask<Performance>(order), task, patienceMs);
  const counts = await emulator.counts();
  if (performance.lost < task.items) {
    await emulator.reset();
    await child.ask({ kind: "check", baseURL: emulator.baseURL } satisfies Order);
  }
  return { ...performance, counts };
}

/** What a contender did that was given up: nothing, in all that time. */
async function withPatience(answer: Promise<Performance>, { items }: RunTask, ms: number): Promise<Performance> {
  const stop = new AbortController();
  const givenUp = sleep(ms, undefined, { signal: stop.signal }).then((): Performance => ({
    milliseconds: ms,
    lost: items,
    failure: "given up",
    level: Number.NaN,
    peak: Number.NaN,
  }));
  try {
    return await Promise.race([answer, givenUp]);
  } finally {
    stop.abort();
    givenUp.catch(() => {});
    answer.catch(() => {});
  }
}
