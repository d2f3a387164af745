export { runCommandLine } from "./command-line.ts";
export type { RunEstimate } from "./estimate.ts";
export type { InputFormat } from "./inputs/input-record.ts";
export type { MadeRunnable, RunOptions, RunEnvironment } from "./options.ts";
export { exitCodeOf, type RunResult } from "./run-result.ts";
export { run } from "./run.ts";
