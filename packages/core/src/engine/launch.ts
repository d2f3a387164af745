import type { BatchOptions, Inputs, RunnableSettings } from "../options.ts";
import type { AnyRunnable, Runnable } from "../runnable.ts";
import { Channel, Junction, Origins } from "./channel.ts";
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
  /** What a stage passes on to the next one: what came through (a pipe), or what did not (fallbacks). */
  readonly route: "fulfilled" | "rejected";
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
  const steps = stepsOf(chain);
  const origins = new Origins();
  // An explicit cap holds for all stages together (L8); without one, each stage keeps its own.
  const shared = options.maxConcurrency === undefined ? undefined : new Permits(options.maxConcurrency, outer.parent);
  const runs: Run<unknown, unknown>[] = [];
  let from: Source<unknown> = source;
  steps.forEach((alternatives, step) => {
    const last = step === steps.length - 1;
    const next = last ? undefined : new Channel();
    alternatives.forEach((runnable, at) => {
      const spare = at === alternatives.length - 1 ? undefined : new Channel();
      const isFirst = runs.length === 0;
      const plan = makePlan(runnable, stageOptions(options, runnable, isFirst, last), true, false);
      const permits = (plan.lookUp ? undefined : shared) ?? new Permits(plan.permits, plan.parent);
      const run = new Run(plan, from, new Junction(next, spare, execution, origins, isFirst), execution, permits);
      runs.push(run);
      if (from instanceof Channel) from.downstream = run;
      next?.feedBy(run);
      spare?.feedBy(run);
      from = spare ?? next ?? from;
    });
  });
  execution.start(runs as never, source);
}

/** A chain's steps, one after another, and the alternatives of each: what one of them fails at, the next one tries. */
function stepsOf({ runnables, route }: Chain): readonly (readonly AnyRunnable[])[] {
  const alternatives = (runnable: AnyRunnable): readonly AnyRunnable[] => {
    const inner = chainOf(runnable);
    return inner?.route === "rejected" ? inner.runnables.flatMap(alternatives) : [runnable];
  };
  return route === "rejected" ? [runnables.flatMap(alternatives)] : runnables.map(alternatives);
}

/** Each stage gets what concerns it: the first one the inputs' options, the last ones the outputs', and each its own call options. */
function stageOptions(options: BatchOptions, runnable: AnyRunnable, first: boolean, last: boolean): BatchOptions {
  const { dedupe, schema, ...rest } = options;
  const { callOptions = [], lookUp = false }: RunnableSettings = runnable.settings ?? {};
  const shared = lookUp ? FOR_ALL : SHARED;
  const own = Object.fromEntries(
    Object.entries(rest).filter(([name]) => shared.includes(name) || callOptions.includes(name)),
  );
  return {
    ...own,
    ...(PERMIT in options ? { [PERMIT]: options[PERMIT] } : {}),
    ...(first && dedupe !== undefined ? { dedupe } : {}),
    ...(last && schema !== undefined ? { schema } : {}),
  };
}

const FOR_ALL: readonly string[] = ["clock", "random"];
const SHARED: readonly string[] = [
  ...FOR_ALL,
  "maxConcurrency",
  "retry",
  "timeoutMs",
  "maxWaitMs",
  "request",
  "limiter",
  "maxCost",
  "maxTokens",
];
