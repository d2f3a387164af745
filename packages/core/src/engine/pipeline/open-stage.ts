import type { Stage } from "../batch-run.ts";
import { FastPath } from "../call/fast-path.ts";
import type { StageContext } from "../stage-context.ts";
import { WorkerLoop } from "../worker-loop.ts";
import type { Feeder } from "./channel.ts";

/** Opens the stage that does one Runnable's work: the fast path where an item needs nothing but a call, else a worker loop. */
export function openStage<Input, Output>(context: StageContext<Input, Output>): Stage & Feeder {
  const { options, batch, source } = context;
  const isPlain =
    options.strategy.kind === "one" &&
    options.limiter === undefined &&
    options.timeoutMs === undefined &&
    options.schema === undefined &&
    options.keyOf === undefined &&
    options.weigh === undefined &&
    options.callHooks === undefined &&
    batch.budget === undefined &&
    batch.hooks.onRequest === undefined &&
    "advance" in source;
  return new (isPlain ? FastPath : WorkerLoop)(context);
}
