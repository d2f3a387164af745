import type { Runnable } from "@batchwise/core";

/** On the prototype of every copy of core's Runnable. */
const RUNNABLE: unique symbol = Symbol.for("batchwise.runnable") as never;

/** Whether a Runnable runs batches in a way of its own, an author's or a wrapper's, and not as the base class does. */
export function hasOwnBatch(runnable: Runnable<any, any>): boolean {
  let owner: object | null = runnable;
  while (owner !== null && !Object.hasOwn(owner, "batch")) owner = Object.getPrototypeOf(owner) as object | null;
  return owner !== null && !Object.hasOwn(owner, RUNNABLE);
}
