import type { BatchOptions, Inputs, RunnableShape } from "../contract/runnable.ts";
import { type Permit, Semaphore } from "./admission/semaphore.ts";
import { type BatchOutput, BatchRun } from "./batch-run.ts";
import { CALL_SLOT } from "../contract/marks.ts";
import type { BatchInfo, BatchListeners } from "../contract/middleware.ts";
import { openSource } from "./intake/open-source.ts";
import type { Source } from "./intake/source.ts";
import { chainStages } from "./pipeline/chain-stages.ts";
import { openStage } from "./pipeline/open-stage.ts";
import { callAround } from "../middleware/call-around.ts";
import { listenTo, tellRefused, withListeners } from "../middleware/listeners.ts";
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
  const output = outputFor(source);
  const { middleware, price } = runnable.settings ?? {};
  const around = (options as { readonly [CALL_SLOT]?: Permit } | null)?.[CALL_SLOT];
  const parent = around && callAround(around);
  const size = source.inputs?.length;
  const info: BatchInfo = { method: output.method, size, price, parent, options: options ?? {} };
  const listeners: BatchListeners[] = [];
  try {
    // Settings that are no such thing are refused when they are resolved.
    if (Array.isArray(middleware)) listenTo(info, middleware, listeners);
    const resolved = resolveOptions(runnable, options, mayOverride, size);
    const heard = listeners.length === 0 ? options : withListeners(options, listeners);
    const { chain, clock, permits } = resolved;
    const batch = new BatchRun(heard, info, clock, source, output);
    batch.start(
      chain === undefined
        ? [openStage({ options: resolved, source, sink: batch, batch, semaphore: new Semaphore(permits, around) })]
        : chainStages(chain, options as BatchOptions, source, batch as never, around),
    );
    return batch;
  } catch (error) {
    if (listeners.length > 0) tellRefused(listeners, error);
    throw error;
  }
}
