import { flush } from "@batchwise/testkit";
import { runnable } from "../src/compose/functions.ts";
import type { BatchOptions, Inputs } from "../src/contract/runnable.ts";
import { FastPath } from "../src/engine/call/fast-path.ts";
import type { StageContext } from "../src/engine/stage-context.ts";
import { HeldBackend } from "./regressions/held-backend.ts";
import { stageContext, type TestContext } from "./engine-parts.ts";

/** A batch on its fast path. */
export interface FastPathParts {
  readonly context: TestContext<number, number>;
  readonly path: FastPath<number, number>;
  readonly backend: HeldBackend<number, number>;
  /** Answers a call with ten times its input, with all that follows from it. */
  readonly answer: (call: number) => Promise<void>;
}

/** Starts a fast path with two calls at a time, whose answers are held back. */
export function startFastPath(
  inputs: Inputs<number>,
  given: Omit<BatchOptions<number, number>, "clock"> = {},
  replaced: Partial<StageContext<number, number>> = {},
): FastPathParts {
  const backend = new HeldBackend<number, number>();
  const subject = runnable(backend.call, { maxConcurrency: 2 });
  const context = { ...stageContext(subject, inputs, given), ...replaced };
  const path = new FastPath<number, number>(context);
  context.batch.start([path]);
  const answer = async (call: number): Promise<void> => {
    backend.at(call).answer(10 * backend.at(call).request);
    await flush();
  };
  return { context, path, backend, answer };
}
