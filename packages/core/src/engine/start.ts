import type { BatchOptions, Inputs, RunnableShape } from "../contract/runnable.ts";
import { Semaphore } from "./admission/semaphore.ts";
import { type BatchOutput, BatchRun } from "./batch-run.ts";
import { openSource } from "./intake/open-source.ts";
import type { Source } from "./intake/source.ts";
import { chainStages } from "./pipeline/chain-stages.ts";
import { openStage } from "./pipeline/open-stage.ts";
import { resolveOptions } from "./resolve/resolve-options.ts";

/**
 * Resolves options, opens the source, and sets the stages going.
 *
 * @throws ArgumentError for inputs or options that can't be worked with; nothing has been called then
 */
export function start<Input, Output>(
  runnable: RunnableShape<Input, Output>,
  inputs: Inputs<Input>,
  options: BatchOptions<Input, Output>,
  mayOverride: boolean,
  outputFor: (source: Source<Input>) => BatchOutput<Input, Output>,
): BatchRun<Input, Output> {
  const source = openSource(inputs);
  const resolved = resolveOptions(runnable, options, mayOverride, source.inputs !== undefined);
  const batch = new BatchRun(options, resolved.clock, source, outputFor(source));
  if (resolved.chain === undefined) {
    const semaphore = new Semaphore(resolved.permits, resolved.parent);
    batch.start([openStage({ options: resolved, source, sink: batch, batch, semaphore })]);
  } else {
    batch.start(chainStages(resolved.chain, options as BatchOptions, source, batch as never, resolved.parent));
  }
  return batch;
}
