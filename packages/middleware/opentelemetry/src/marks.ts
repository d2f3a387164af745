import type { Runnable } from "@batchwise/core";

/** On the base class's `batch`, in every copy of core: a `batch` without it is an author's override. */
export const BASE_BATCH: unique symbol = Symbol.for("batchwise.base-batch") as never;
/** On a wrapper such as `withConfig`: the Runnable whose calls the engine makes in its place. */
export const WRAPPED: unique symbol = Symbol.for("batchwise.wrapped") as never;
/** On a Runnable that is made of others, such as a pipe: its stages. */
export const STAGES: unique symbol = Symbol.for("batchwise.stages") as never;
/** On the prototype of the base class, in every copy of core. */
const RUNNABLE: unique symbol = Symbol.for("batchwise.runnable") as never;
/** In options: the Runnable whose overridden `batch` is running, which must not be asked to run itself. */
export const INSIDE: unique symbol = Symbol.for("batchwise.inside") as never;
/** In options: the permit on which a call runs. */
const PERMIT: unique symbol = Symbol.for("batchwise.permit") as never;

/** Stages, each of which passes on what came through ("fulfilled": a pipe) or what did not ("rejected": fallbacks). */
export interface Chain {
  readonly runnables: readonly Runnable<any, any>[];
  readonly route: "fulfilled" | "rejected";
}

/** One call's right to be in flight, as far as it concerns us. */
export interface Permit {
  /** The permit of the call inside of which this call's batch runs. */
  readonly outer: Permit | undefined;
}

/** The stages of a Runnable that is made of others. */
export function chainOf(runnable: Runnable<any, any>): Chain | undefined {
  return (runnable as { readonly [STAGES]?: Chain })[STAGES];
}

/** What a wrapper such as `withConfig` wraps. */
export function wrappedBy<Input, Output>(runnable: Runnable<Input, Output>): Runnable<Input, Output> | undefined {
  return (runnable as { readonly [WRAPPED]?: Runnable<Input, Output> })[WRAPPED];
}

/** The Runnable whose calls the engine makes when it runs this one: it looks through wrappers that only configure. */
export function callee<Input, Output>(runnable: Runnable<Input, Output>): Runnable<Input, Output> {
  const wrapped = wrappedBy(runnable);
  return wrapped === undefined ? runnable : callee(wrapped);
}

/** Whether the author of a Runnable has written its `batch`. */
export function overridesBatch(runnable: Runnable<any, any>): boolean {
  return (runnable.batch as { readonly [BASE_BATCH]?: true })[BASE_BATCH] !== true;
}

/** Whether a Runnable runs batches in a way of its own, an author's or a wrapper's, and not as the base class does. */
export function hasOwnBatch(runnable: Runnable<any, any>): boolean {
  let owner: object | null = runnable;
  while (owner !== null && !Object.hasOwn(owner, "batch")) owner = Object.getPrototypeOf(owner) as object | null;
  return owner !== null && !Object.hasOwn(owner, RUNNABLE);
}

/** Whether the engine makes this call of the `batch` that `runnable` overrides. */
export function isEnginesCall(runnable: Runnable<any, any>, options: object | null): boolean {
  return options !== null && Reflect.get(options, INSIDE) === runnable;
}

/** The permit on which a call runs, where the engine makes it. */
export function permitOf(options: object): Permit | undefined {
  return (options as { readonly [PERMIT]?: Permit })[PERMIT];
}
