// Started by run.ts: one contender, alone, does the work and sends back its figures.
import { flushCompileCache } from "node:module";
import { watchMemory } from "../peak-memory.ts";
import type { Outcomes, Vector } from "./contenders/contender.ts";
import { contenderNamed } from "./contenders/index.ts";
import { countLost, verifyOutputs } from "./judge.ts";
import { answerPlainly, embedPlainly } from "./plain.ts";
import type { Order, Performance, RunTask } from "./run.ts";
import { badPositions } from "./texts.ts";
import { inputsOf } from "./workload.ts";
import { workloads } from "./workloads.ts";

const task = JSON.parse(process.argv[2] as string) as RunTask;
const contender = await contenderNamed(task.name);
const workload = workloads[task.workload];
const inputs = inputsOf(workload, task.items, task.seed);
const bad = new Set(badPositions(task.items, task.seed, workload.badInputEvery));
let outcomes: Outcomes<string | Vector> = [];

process.on("message", (order: Order) => {
  // A rejection ends this process, and so reaches the parent.
  void (order.kind === "run" ? run(order.baseURL) : check(order.baseURL)).then((answer) => process.send?.(answer));
});
// The parent may be killed.
process.on("disconnect", () => process.exit());
process.send?.("ready");

async function run(baseURL: string): Promise<Performance> {
  const server = { baseURL, apiKey: "bench", dimensions: workload.dimensions, limits: workload.limits };
  const finish = watchMemory();
  const startedAt = performance.now();
  let failure: string | undefined;
  try {
    outcomes = await contender[workload.kind](inputs, server, task.setting);
  } catch (error) {
    failure = error instanceof Error ? error.constructor.name : typeof error;
    outcomes = inputs.map(() => error as Error);
  }
  const milliseconds = performance.now() - startedAt;
  const { level, peak } = finish();
  flushCompileCache();
  return { milliseconds, lost: countLost(outcomes, inputs.length, bad), failure, level, peak };
}

/** Compares every output with the emulator's own, outside of the measured time and memory. */
async function check(baseURL: string): Promise<string> {
  const expected =
    workload.kind === "chat"
      ? await answerPlainly(baseURL, inputs)
      : await embedPlainly(baseURL, inputs, workload.dimensions);
  verifyOutputs(outcomes, expected);
  return "right";
}
