import type { BatchOptions, Chain, RunnableSettings, RunnableShape } from "../../contract/runnable.ts";
import { CALL_SLOT, STAGES } from "../../contract/marks.ts";
import { type Permit, Semaphore } from "../admission/semaphore.ts";
import type { BatchRun, Stage } from "../batch-run.ts";
import type { Source } from "../intake/source.ts";
import { resolveOptions } from "../resolve/resolve-options.ts";
import { Channel } from "./channel.ts";
import { openStage } from "./open-stage.ts";
import { StageOutput } from "./stage-output.ts";

/** The stages of a Runnable that is made of others. */
export function chainOf(runnable: object): Chain | undefined {
  return (runnable as { readonly [STAGES]?: Chain })[STAGES];
}

/** Opens a chain's stages and joins them: outputs go to the next step, inputs that failed to the step's next alternative. */
export function chainStages(
  chain: Chain,
  options: BatchOptions,
  source: Source<unknown>,
  batch: BatchRun<unknown, unknown>,
  parent: Permit | undefined,
): readonly Stage[] {
  // An explicit cap holds for all stages together (L8); without one, each stage keeps its own.
  const shared = options.maxConcurrency === undefined ? undefined : new Semaphore(options.maxConcurrency, parent);
  const steps = stepsOf(chain).map((alternatives, step, all) =>
    alternatives.map((runnable, at) => {
      const own = stageOptions(options, runnable, step === 0 && at === 0, step === all.length - 1);
      const resolved = resolveOptions(runnable, own, true, false);
      const semaphore = (resolved.lookUp ? undefined : shared) ?? new Semaphore(resolved.permits, resolved.parent);
      return { options: resolved, semaphore };
    }),
  );
  const origins = new Map<number, unknown>();
  const stages: Stage[] = [];
  let from: Source<unknown> = source;
  for (const [step, alternatives] of steps.entries()) {
    const following = steps[step + 1]?.[0];
    const onFulfilled = following && new Channel(following.semaphore);
    for (const [at, { options: resolved, semaphore }] of alternatives.entries()) {
      const alternative = alternatives[at + 1];
      const onRejected = alternative && new Channel(alternative.semaphore);
      const isFirst = stages.length === 0;
      const sink = new StageOutput({ onFulfilled, onRejected, out: batch, origins, isFirst });
      const stage = openStage({ options: resolved, source: from, sink, batch, semaphore });
      stages.push(stage);
      onFulfilled?.feedBy(stage);
      onRejected?.feedBy(stage);
      from = onRejected ?? onFulfilled ?? from;
    }
  }
  return stages;
}

/** A chain's steps, one after another, and the alternatives of each: what one of them fails at, the next one tries. */
function stepsOf({ runnables, route }: Chain): readonly (readonly RunnableShape<any, any>[])[] {
  const alternatives = (runnable: RunnableShape<any, any>): readonly RunnableShape<any, any>[] => {
    const inner = chainOf(runnable);
    return inner?.route === "rejected" ? inner.runnables.flatMap(alternatives) : [runnable];
  };
  return route === "rejected" ? [runnables.flatMap(alternatives)] : runnables.map(alternatives);
}

/** Each stage gets the options that concern it: the first one the inputs', the last ones the outputs', and each its own call options. */
function stageOptions(
  options: BatchOptions,
  runnable: RunnableShape<any, any>,
  isFirst: boolean,
  isLast: boolean,
): BatchOptions {
  const { dedupe, schema, ...rest } = options as BatchOptions & { readonly [CALL_SLOT]?: Permit };
  const { callOptions = [], lookUp = false }: RunnableSettings = runnable.settings ?? {};
  const shared = lookUp ? FOR_ALL : SHARED;
  const own = Object.fromEntries(
    Object.entries(rest).filter(([name]) => shared.includes(name) || callOptions.includes(name)),
  );
  return {
    ...own,
    [CALL_SLOT]: rest[CALL_SLOT],
    dedupe: isFirst ? dedupe : undefined,
    schema: isLast ? schema : undefined,
  } as BatchOptions;
}

const FOR_ALL: readonly string[] = ["clock", "random"];
const PACE: readonly string[] = ["maxConcurrency", "timeoutMs", "maxWaitMs", "request", "limiter", "retry"];
const SHARED: readonly string[] = [...FOR_ALL, ...PACE];
