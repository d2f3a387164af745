import type { BatchOptions, Inputs, RunnableShape } from "../contract/runnable.ts";
import { type Permit, Semaphore } from "./admission/semaphore.ts";
import { type BatchOutput, BatchRun } from "./batch-run.ts";
import { CALL_SLOT } from "../contract/marks.ts";
import type { BatchInfo, Call } from "../contract/middleware.ts";
import { openSource } from "./intake/open-source.ts";
import type { Source } from "./intake/source.ts";
import { chainStages } from "./pipeline/chain-stages.ts";
import { openStage } from "./pipeline/open-stage.ts";
import { listened } from "../middleware/listeners.ts";
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
  const parent = (options as { readonly [CALL_SLOT]?: Permit } | null)?.[CALL_SLOT];
  const { middleware, price } = runnable.settings ?? {};
  const size = source.inputs?.length;
  const around = parent && callOf(parent);
  const info: BatchInfo = { method: output.method, size, price, parent: around, options: options ?? {} };
  const begin = (heard?: () => BatchOptions<Input, Output>): BatchRun<Input, Output> => {
    const resolved = resolveOptions(runnable, options, mayOverride, size !== undefined);
    const batch = new BatchRun(heard?.() ?? options, info, resolved.clock, source, output);
    const { chain, permits } = resolved;
    batch.start(
      chain === undefined
        ? [openStage({ options: resolved, source, sink: batch, batch, semaphore: new Semaphore(permits, parent) })]
        : chainStages(chain, options as BatchOptions, source, batch as never, parent),
    );
    return batch;
  };
  // Settings that are no such thing are refused when they are resolved.
  return Array.isArray(middleware) ? listened(middleware, info, options, begin) : begin();
}

/** The nearest call around a batch that middleware has seen. */
function callOf({ call, outer }: Permit): Call | undefined {
  return call ?? (outer && callOf(outer));
}
