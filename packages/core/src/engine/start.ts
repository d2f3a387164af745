import type { BatchOptions, Inputs, RunnableShape } from "../contract/runnable.ts";
import { type Permit, Semaphore } from "./admission/semaphore.ts";
import { type BatchOutput, BatchRun } from "./batch-run.ts";
import type { BatchInfo, Call } from "../contract/middleware.ts";
import { openSource } from "./intake/open-source.ts";
import type { Source } from "./intake/source.ts";
import { chainStages } from "./pipeline/chain-stages.ts";
import { openStage } from "./pipeline/open-stage.ts";
import { withListeners } from "../middleware/listeners.ts";
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
  const output = outputFor(source);
  const { clock, middleware, parent, price } = resolved;
  const info: BatchInfo = { method: output.method, size: source.inputs?.length, price, parent: callOf(parent) };
  const heard = middleware === undefined ? options : withListeners(options, middleware, info);
  const batch = new BatchRun(heard, info, clock, source, output);
  if (resolved.chain === undefined) {
    const semaphore = new Semaphore(resolved.permits, parent);
    batch.start([openStage({ options: resolved, source, sink: batch, batch, semaphore })]);
  } else {
    batch.start(chainStages(resolved.chain, options as BatchOptions, source, batch as never, parent));
  }
  return batch;
}

/** The nearest call around a batch that middleware has seen. */
function callOf(permit: Permit | undefined): Call | undefined {
  return permit && (permit.call ?? callOf(permit.outer));
}
