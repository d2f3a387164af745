import { BASE_BATCH, CALL_SLOT, INSIDE, STAGES, WRAPPED } from "./contract/marks.ts";
import type { Chain } from "./contract/runnable.ts";
import { chainOf } from "./engine/pipeline/chain-stages.ts";
import { isOverridden } from "./engine/resolve/call-strategy.ts";
import { costOf } from "./engine/results/stats.ts";
import type { AnyRunnable, Runnable } from "./runnable.ts";

/**
 * Marks for wrappers: by them the engine tells what a Runnable is and for which one it calls it (L10). They are the same
 * in every copy of this package.
 */
export { BASE_BATCH, type Chain, chainOf, costOf, INSIDE, isOverridden, STAGES, WRAPPED };

/** Permit of a call: its right to be in flight. */
export interface CallPermit {
  /** Permit of the call inside of which this call's batch runs. */
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

/** Tells whether the engine makes this call of the `batch` that `runnable` overrides. */
export function isEnginesCall(runnable: AnyRunnable, options: object | null): boolean {
  return options !== null && Reflect.get(options, INSIDE) === runnable;
}

/** The permit on which a call runs, where the engine makes it. */
export function permitOf(options: object): CallPermit | undefined {
  return (options as { readonly [CALL_SLOT]?: CallPermit })[CALL_SLOT];
}
