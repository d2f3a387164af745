import { setTimeout as sleep } from "node:timers/promises";
import { Child } from "../child.ts";
import type { Setting } from "./contenders/contender.ts";
import type { ServerCounts, ServerProcess } from "./server-process.ts";
import { behaviorOf, type WorkloadName } from "./workload.ts";
import { workloads } from "./workloads.ts";

/** Task of one process. */
export interface RunTask {
  /** The contender's name. */
  readonly name: string;
  readonly setting: Setting;
  readonly workload: WorkloadName;
  readonly items: number;
  readonly seed: number;
}

/** Message to the process: do the work, or compare the outputs with the emulator's own answers. */
export interface Order {
  readonly kind: "run" | "check";
  readonly baseURL: string;
}

/** Figures of a contender, measured in its own process. */
export interface Performance {
  readonly milliseconds: number;
  /** Inputs without an output; those that the provider refuses are not counted. */
  readonly lost: number;
  /** Class of the error that a contender threw instead of returning outcomes. */
  readonly failure: string | undefined;
  /** Resident memory in bytes: when the inputs were built, and its peak from then on. */
  readonly level: number;
  readonly peak: number;
}

/** Run of a contender with the emulator's counts. */
export interface Run extends Performance {
  readonly counts: ServerCounts;
}

/** Emulator and timeout of a run. */
export interface RunOptions {
  readonly emulator: ServerProcess;
  /** Time after which a run is given up, and everything is lost. */
  readonly timeoutMs: number;
  readonly compileCache: string;
  /** Called when the buckets are fresh, and the contender is about to begin. */
  readonly onStart?: () => void;
}

/** Flags for a young generation of one size: V8 would vary it by tens of megabytes from run to run. */
const RUN_FLAGS: readonly string[] = ["--min-semi-space-size=16", "--max-semi-space-size=16"];

/**
 * Runs one contender in its own process, on fresh buckets. The clock runs in that process, from the call until its
 * outcome; the outputs are checked afterwards.
 *
 * @throws Error when an output is wrong, with what was wrong.
 */
export async function runContender(
  task: RunTask,
  { emulator, timeoutMs, compileCache, onStart }: RunOptions,
): Promise<Run> {
  const workload = workloads[task.workload];
  using child = new Child(task.name, new URL("run-process.ts", import.meta.url), {
    argument: JSON.stringify(task),
    flags: RUN_FLAGS,
    compileCache,
  });
  await child.answer();
  await emulator.reset(behaviorOf(workload, task.seed));
  onStart?.();
  const order = { kind: "run", baseURL: emulator.baseURL } satisfies Order;
  const performance = await withTimeout(child.ask<Performance>(order), task, timeoutMs);
  const counts = await emulator.counts();
  if (performance.lost < task.items) {
    await emulator.reset();
    await child.ask({ kind: "check", baseURL: emulator.baseURL } satisfies Order);
  }
  return { ...performance, counts };
}

/** Figures of a run, or of one that was given up: everything is lost. */
async function withTimeout(answer: Promise<Performance>, { items }: RunTask, ms: number): Promise<Performance> {
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
