import type { BatchOptions, Inputs } from "../options.ts";
import type { AnyRunnable, Runnable } from "../runnable.ts";
import { Channel, Origins, Outlet, type Route } from "./channel.ts";
import { Execution, type Receiver } from "./execution.ts";
import { Permits } from "./permits.ts";
import { makePlan, PERMIT, type Plan } from "./plan.ts";
import { Run } from "./run.ts";
import { openSource, type Source } from "./window.ts";

/** On a Runnable that is made of others: its stages, and what each passes on to the next. */
export const STAGES: unique symbol = Symbol.for("batchwise.stages") as never;

/** A Runnable made of stages, each of which keeps its own strategy. */
export interface Chain {
  readonly runnables: readonly AnyRunnable[];
  readonly route: Route;
}

/** The stages of a Runnable that is made of others. */
export function chainOf(runnable: AnyRunnable): Chain | undefined {
  return (runnable as { [STAGES]?: Chain })[STAGES];
}

/**
 * Resolves options, opens the source, and sets the runs going.
 *
 * @throws ArgumentError for inputs or options that can't be worked with; nothing has been called then
 */
export function launch<Input, Output>(
  runnable: Runnable<Input, Output>,
  inputs: Inputs<Input>,
  options: BatchOptions<Input, Output>,
  mayOverride: boolean,
  receive: (source: Source<Input>) => Receiver<Input, Output>,
): Execution<Input, Output> {
  const source = openSource(inputs);
  const finite = source.inputs !== undefined;
  const plan = makePlan(runnable, options, mayOverride, finite);
  const execution = new Execution(options, plan, receive(source));
  const chain = chainOf(runnable);
  if (chain === undefined) {
    const permits = new Permits(plan.permits, plan.parent);
    const run = new Run(plan, source, execution, execution, permits);
    execution.start([run as never], source);
  } else {
    startChain(chain, options as BatchOptions, source, execution as never, plan as never);
  }
  return execution;
}

function startChain(
  chain: Chain,
  options: BatchOptions,
  source: Source<unknown>,
  execution: Execution<unknown, unknown>,
  outer: Plan<unknown, unknown>,
): void {
  const { runnables, route } = chain;
  const origins = new Origins();
  const outlet = new Outlet(execution, origins);
  // An explicit cap holds for all stages together (L8); without one, each stage keeps its own.
  const shared = options.maxConcurrency === undefined ? undefined : new Permits(options.maxConcurrency, outer.parent);
  const runs: Run<unknown, unknown>[] = [];
  let from: Source<unknown> = source;
  runnables.forEach((runnable, stage) => {
    const last = stage === runnables.length - 1;
    const plan = makePlan(runnable, stageOptions(options, runnable, stage, last), true, false);
    const channel = last
      ? undefined
      : new Channel<unknown, unknown>(route, outlet, origins, {
          wakeUpstream: () => runs[stage]?.wake(),
          wakeDownstream: () => runs[stage + 1]?.wake(),
          upstreamIdle: () => runs[stage]?.idle ?? true,
        });
    runs.push(new Run(plan, from, channel ?? outlet, execution, shared ?? new Permits(plan.permits, plan.parent)));
    if (channel !== undefined) from = channel;
  });
  if (route === "rejected") execution.fallBack();
  execution.start(runs as never, source);
}

/** Each stage gets what concerns it: the first one the inputs' options, the last one the outputs', and each its own call options. */
function stageOptions(options: BatchOptions, runnable: AnyRunnable, stage: number, last: boolean): BatchOptions {
  const { dedupe, schema, ...rest } = options;
  const known = runnable.settings?.callOptions ?? [];
  const own = Object.fromEntries(Object.entries(rest).filter(([name]) => isShared(name) || known.includes(name)));
  return {
    ...own,
    ...(PERMIT in options ? { [PERMIT]: options[PERMIT] } : {}),
    ...(stage === 0 && dedupe !== undefined ? { dedupe } : {}),
    ...(last && schema !== undefined ? { schema } : {}),
  };
}

const SHARED = new Set([
  "maxConcurrency",
  "retry",
  "timeoutMs",
  "maxWaitMs",
  "request",
  "limiter",
  "clock",
  "random",
  "maxCost",
  "maxTokens",
]);

function isShared(name: string): boolean {
  return SHARED.has(name);
}
