import { BatchError } from "../errors.ts";
import type { BatchOptions, CallOptions } from "../options.ts";
import type { Runnable } from "../runnable.ts";

/** How the engine calls a Runnable: one input a call, or many. */
export type Strategy<Input, Output> =
  | { readonly kind: "one"; readonly call: (input: Input, options: CallOptions) => Promise<Output> }
  | {
      readonly kind: "many";
      readonly call: (inputs: Input[], options: CallOptions) => Promise<unknown>;
      /** An overridden `batch` does its own scheduling: it gets whole arrays, one at a time. */
      readonly override: boolean;
    };

/** Marks the base class's `batch`, so that an override is known even across two copies of the package. */
export const BASE_BATCH: unique symbol = Symbol.for("batchwise.base-batch") as never;
/** In options: the Runnable whose overridden `batch` is running, which must not be asked to run itself. */
export const INSIDE: unique symbol = Symbol.for("batchwise.inside") as never;
/** On a wrapper: the Runnable that it wraps and whose calls it makes. */
export const WRAPPED: unique symbol = Symbol.for("batchwise.wrapped") as never;
/** In options: stands for an item of an override's batch that the failure of another one left unfinished. */
export class Unfinished extends Error {}

const handedToOverride = new WeakMap<object, unknown>();
/** The Runnable whose override is being called at this very moment, before its first await. */
let entering: unknown;

/**
 * The call to use for a Runnable (L10): an overridden `batch`, else `invokeMany`, else `invoke`. `Runnable.prototype.batch`
 * itself never looks for an override: an override may call it.
 */
export function strategyOf<Input, Output>(
  runnable: Runnable<Input, Output>,
  mayOverride: boolean,
  maxConcurrency: number | undefined,
): Strategy<Input, Output> {
  const wrapped = (runnable as { [WRAPPED]?: Runnable<Input, Output> })[WRAPPED];
  if (wrapped !== undefined) return strategyOf(wrapped, true, maxConcurrency);
  if (mayOverride && isOverridden(runnable)) {
    return {
      kind: "many",
      call: (inputs, options) => callOverride(runnable, inputs, options, maxConcurrency),
      override: true,
    };
  }
  if (typeof runnable.invokeMany === "function") {
    return {
      kind: "many",
      call: (inputs, options) => (runnable as Required<typeof runnable>).invokeMany(inputs, options),
      override: false,
    };
  }
  return { kind: "one", call: (input, options) => runnable.invoke(input, options) };
}

/** Whether these inputs or options came out of this Runnable's own overridden `batch`, which would call itself for ever. */
export function isInsideOverride(runnable: unknown, inputs: unknown, options: object | undefined): boolean {
  if (entering === runnable) return true;
  if (options !== undefined && Reflect.get(options, INSIDE) === runnable) return true;
  return typeof inputs === "object" && inputs !== null && handedToOverride.get(inputs) === runnable;
}

/** Whether the author of a Runnable has written its `batch`. */
export function isOverridden(runnable: { readonly batch: unknown }): boolean {
  return (runnable.batch as { [BASE_BATCH]?: true })[BASE_BATCH] !== true;
}

async function callOverride<Input, Output>(
  runnable: Runnable<Input, Output>,
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
  const outer = entering;
  entering = runnable;
  let answer: Promise<unknown>;
  try {
    answer = runnable.batch(inputs, handed);
  } finally {
    entering = outer;
  }
  try {
    return await answer;
  } catch (error) {
    if (!BatchError.isInstance(error) || error.outcomes.length === 0) throw error;
    // It failed fast: what finished counts, and the failure of one item must not cost the others (L6).
    const results: unknown[] = Array.from(inputs, () => new Unfinished());
    for (const outcome of error.outcomes) {
      if (outcome.index < results.length) {
        results[outcome.index] = outcome.status === "fulfilled" ? outcome.value : outcome.reason;
      }
    }
    return results;
  }
}
