import type { Semaphore } from "./admission/semaphore.ts";
import type { AnyBatchRun } from "./batch-run.ts";
import type { Source } from "./intake/source.ts";
import type { ResolvedOptions } from "./resolve/resolve-options.ts";
import type { OutcomeSink } from "./results/outcome-sink.ts";

/** Surroundings of a stage of any inputs and outputs, for the parts that do not touch them. */
export type AnyStageContext = StageContext<any, any>;

/** Surroundings of a stage, the same for all of its parts. */
export interface StageContext<Input, Output> {
  readonly options: ResolvedOptions<Input, Output>;
  /** Inputs come from it. */
  readonly source: Source<Input>;
  /** Outcomes go to it. */
  readonly sink: OutcomeSink<Input, Output>;
  /** Batch in which the stage counts, and which it can end. */
  readonly batch: AnyBatchRun;
  /** Permits of its calls. */
  readonly semaphore: Semaphore;
}
