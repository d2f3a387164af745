import type { BatchOptions, Chain, ChainStage, RunnableSettings, RunnableShape } from "../../contract/runnable.ts";
import { CALL_SLOT, STAGES } from "../../contract/marks.ts";
import type { Middleware } from "../../contract/middleware.ts";
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

/** A Runnable as stages: those of a pipe, or itself alone. */
export function stagesOf(runnable: RunnableShape<any, any>): readonly ChainStage[] {
  const chain = chainOf(runnable);
  return chain?.route === "fulfilled" ? chain.stages : [{ runnable, middleware: [] }];
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
    alternatives.map(({ runnable, middleware }, at) => {
      const own = stageOptions(options, runnable.settings, step === 0 && at === 0, step === all.length - 1);
      const resolved = resolveOptions(runnable, own, true, undefined, middleware);
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
function stepsOf({ stages, route }: Chain): readonly (readonly ChainStage[])[] {
  const alternatives = (stage: ChainStage): readonly ChainStage[] => {
    const inner = chainOf(stage.runnable);
    if (inner?.route !== "rejected") return [stage];
    return inner.stages.flatMap((each) => alternatives(within(each, stage.middleware)));
  };
  return route === "rejected" ? [stages.flatMap(alternatives)] : stages.map(alternatives);
}

/** A stage with more middleware around its calls. */
export function within({ runnable, middleware }: ChainStage, outside: readonly Middleware[]): ChainStage {
  return { runnable, middleware: [...middleware, ...outside] };
}

/** Each stage gets the options that concern it: the first one the inputs', the last ones the outputs', and each its own call options. */
function stageOptions(
  options: BatchOptions,
  settings: RunnableSettings | undefined,
  isFirst: boolean,
  isLast: boolean,
): BatchOptions {
  const { dedupe, schema, ...rest } = options as BatchOptions & { readonly [CALL_SLOT]?: Permit };
  const { callOptions = [], lookUp = false } = settings ?? {};
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
