import type { BatchOptions } from "@batchwise/core";
import type { Chosen } from "./chosen.ts";
import type { Notes } from "./notes.ts";
import type { RunOptions, Surroundings } from "./options.ts";
import type { OutputChoice } from "./output-choice.ts";
import type { TableShape } from "./outputs/encoder.ts";
import type { Tally } from "./tally.ts";

/** A run whose parts are there. */
export interface Task {
  readonly options: RunOptions;
  readonly surroundings: Surroundings;
  readonly folder: string;
  readonly notes: Notes;
  readonly chosen: Chosen;
  readonly output: OutputChoice;
  readonly tally: Tally;
}

/** The options of the batch that a run is. */
export function batchOptions({ options, surroundings, chosen }: Task): BatchOptions {
  const { concurrency, maxCost, maxTokens, timeoutMs } = options;
  // Offline jobs have been told already, and know by themselves what is worth another job.
  const attempts = options.offline === true ? undefined : options.attempts;
  const { retry } = chosen.runnable.settings ?? {};
  return {
    ...dedupeOf(options),
    ...(concurrency !== undefined && { maxConcurrency: concurrency }),
    ...(maxCost !== undefined && { maxCost }),
    ...(maxTokens !== undefined && { maxTokens }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(attempts !== undefined && { retry: { ...(retry === false ? {} : retry), attempts } }),
    ...(surroundings.clock !== undefined && { clock: surroundings.clock }),
  };
}

/** Records are equal by what they hold. */
export function dedupeOf({ dedupe }: RunOptions): Pick<BatchOptions, "dedupe"> {
  return dedupe === true ? { dedupe: (input: unknown) => JSON.stringify(input) } : {};
}

/** What the output has to know before its first row. */
export function shapeOf({ options, chosen }: Task): TableShape {
  return { kind: chosen.kind, keep: options.keep ?? [], dimensions: chosen.dimensions };
}
