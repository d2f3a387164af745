import type { CallOptions } from "../../contract/call.ts";
import type { BatchOptions, RunnableShape } from "../../contract/runnable.ts";
import { BatchError } from "../../contract/errors.ts";
import { BASE_BATCH, INSIDE, WRAPPED } from "../../contract/marks.ts";

/** The engine's way to call a Runnable: one input a call, or many. */
export type CallStrategy<Input, Output> =
  | { readonly kind: "one"; readonly call: (input: Input, options: CallOptions) => Promise<Output> }
  | {
      readonly kind: "many";
      readonly call: (inputs: Input[], options: CallOptions) => Promise<unknown>;
      /** An overridden `batch` does its own scheduling: it gets whole arrays, one at a time. */
      readonly isOverride: boolean;
    };

/** Stands for an item of an override's batch that the failure of another one left unfinished. */
export class Unfinished extends Error {}

const handedToOverride = new WeakMap<object, unknown>();
/** Runnable whose override is being called at this very moment, before its first await. */
let entering: unknown;

/**
 * Chooses the call of a Runnable (L10): an overridden `batch`, else `invokeMany`, else `invoke`. `Runnable.prototype.batch`
 * itself never looks for an override: an override may call it.
 */
export function callStrategy<Input, Output>(
  runnable: RunnableShape<Input, Output>,
  mayOverride: boolean,
  maxConcurrency: number | undefined,
): CallStrategy<Input, Output> {
  const wrapped = (runnable as { readonly [WRAPPED]?: RunnableShape<Input, Output> })[WRAPPED];
  if (wrapped !== undefined) return callStrategy(wrapped, true, maxConcurrency);
  if (mayOverride && isOverridden(runnable)) {
    return {
      kind: "many",
      call: (inputs, options) => callOverride(runnable, inputs, options, maxConcurrency),
      isOverride: true,
    };
  }
  if (typeof runnable.invokeMany === "function") {
    return {
      kind: "many",
      call: runnable.invokeMany.bind(runnable),
      isOverride: false,
    };
  }
  return { kind: "one", call: runnable.invoke.bind(runnable) };
}

/** Tells whether inputs or options come out of a Runnable's own overridden `batch`, which would call itself forever. */
export function isInsideOverride(runnable: unknown, inputs: unknown, options: object | undefined): boolean {
  if (entering === runnable) return true;
  if (options !== undefined && Reflect.get(options, INSIDE) === runnable) return true;
  return typeof inputs === "object" && inputs !== null && handedToOverride.get(inputs) === runnable;
}

/** Tells whether the author of a Runnable has written its `batch`. */
export function isOverridden(runnable: { readonly batch: unknown }): boolean {
  return (runnable.batch as { readonly [BASE_BATCH]?: true })[BASE_BATCH] !== true;
}

async function callOverride<Input, Output>(
  runnable: RunnableShape<Input, Output>,
  inputs: Input[],
  options: CallOptions,
  maxConcurrency: number | undefined,
): Promise<unknown> {
  handedToOverride.set(inputs, runnable);
  const handed: BatchOptions<Input, Output> = Object.freeze({
    ...options,
    ...(maxConcurrency === undefined ? {} : { maxConcurrency }),
    returnExceptions: true,
    [INSIDE]: runnable,
  });
  try {
    return await enter(runnable, inputs, handed);
  } catch (error) {
    if (!BatchError.isInstance(error) || error.outcomes.length === 0) throw error;
    // It failed fast: what finished counts, and the failure of one item must not cost the others (L6).
    const results: unknown[] = Array.from(inputs, () => new Unfinished());
    for (const outcome of error.outcomes) {
      if (outcome.index >= results.length) continue;
      results[outcome.index] = outcome.status === "fulfilled" ? outcome.value : outcome.reason;
    }
    return results;
  }
}

function enter<Input, Output>(
  runnable: RunnableShape<Input, Output>,
  inputs: Input[],
  options: BatchOptions<Input, Output>,
): Promise<unknown> {
  const outer = entering;
  entering = runnable;
  try {
    return runnable.batch(inputs, options);
  } finally {
    entering = outer;
  }
}
