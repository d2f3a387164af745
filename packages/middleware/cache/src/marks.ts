import type { Runnable } from "@batchwise/core";

/** On the base class's `batch`, in every copy of core: a `batch` without it is an author's override. */
export const BASE_BATCH: unique symbol = Symbol.for("batchwise.base-batch") as never;
/** On a Runnable that is made of others, such as that of `withFallbacks`: its stages. */
export const STAGES: unique symbol = Symbol.for("batchwise.stages") as never;
/** On a wrapper such as `withConfig`: the Runnable whose calls it makes. */
const WRAPPED: unique symbol = Symbol.for("batchwise.wrapped") as never;

/** The Runnable whose calls the engine makes when it runs this one: it looks through wrappers that only configure. */
export function callee<Input, Output>(runnable: Runnable<Input, Output>): Runnable<Input, Output> {
  const wrapped = (runnable as { readonly [WRAPPED]?: Runnable<Input, Output> })[WRAPPED];
  return wrapped === undefined ? runnable : callee(wrapped);
}

/** Whether the author of a Runnable has written its `batch`. */
export function overridesBatch(runnable: Runnable<any, any>): boolean {
  return (runnable.batch as { readonly [BASE_BATCH]?: true })[BASE_BATCH] !== true;
}
