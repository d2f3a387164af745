import { chainOf, STAGES, type Chain } from "./engine/launch.ts";
import { costOf } from "./engine/meter.ts";
import { PERMIT } from "./engine/plan.ts";
import { BASE_BATCH, INSIDE, isOverridden, WRAPPED } from "./engine/strategy.ts";
import type { AnyRunnable, Runnable } from "./runnable.ts";

/**
 * For those who write wrappers: how the engine tells what a Runnable is and for whom it calls it (L10). The marks are
 * the same in every copy of this package.
 */
export { BASE_BATCH, type Chain, chainOf, costOf, INSIDE, isOverridden, STAGES, WRAPPED };

/** A call's right to be in flight. */
export interface CallPermit {
  /** That of the call inside of which this call's batch runs. */
  readonly outer: CallPermit | undefined;
}

/** The Runnable that a wrapper such as `withConfig` wraps, and whose calls the engine makes in its place. */
export function wrappedBy<Input, Output>(runnable: Runnable<Input, Output>): Runnable<Input, Output> | undefined {
  return (runnable as { readonly [WRAPPED]?: Runnable<Input, Output> })[WRAPPED];
}

/** The Runnable whose calls the engine makes when it runs this one: it looks through wrappers that only configure. */
export function calleeOf<Input, Output>(runnable: Runnable<Input, Output>): Runnable<Input, Output> {
  const wrapped = wrappedBy(runnable);
  return wrapped === undefined ? runnable : calleeOf(wrapped);
}

/** Whether the engine makes this call of the `batch` that `runnable` overrides. */
export function isEnginesCall(runnable: AnyRunnable, options: object | null): boolean {
  return options !== null && Reflect.get(options, INSIDE) === runnable;
}

/** The permit on which a call runs, where the engine makes it. */
export function permitOf(options: object): CallPermit | undefined {
  return (options as { readonly [PERMIT]?: CallPermit })[PERMIT];
}
