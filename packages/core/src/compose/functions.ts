import type { CallOptions } from "../contract/call.ts";
import type { RunnableSettings } from "../contract/runnable.ts";
import { ArgumentError } from "../contract/errors.ts";
import { kindOf } from "../contract/kind-of.ts";
import { requireVersion } from "../contract/require-version.ts";
import { checkSettings } from "../engine/resolve/check-options.ts";
import { FunctionRunnable, isRunnable, Runnable } from "../runnable.ts";
import { invokeThroughBatch } from "./invoke-through-batch.ts";

/**
 * Makes a Runnable of a function that turns one input into one output.
 *
 * @param call is handed the call's options; pass its `signal` on
 * @param settings how it wants to be run, such as `{ maxConcurrency: 5, retry: { attempts: 3 } }`
 *
 * @example
 * const length = runnable(async (text: string) => text.length, { maxConcurrency: 5 });
 * const outputs = await length.batch(["a", "bb"]); // [1, 2]
 */
export function runnable<Input, Output>(
  call: (input: Input, options: CallOptions) => Promise<Output> | Output,
  settings: RunnableSettings<Input, Output> = {},
): Runnable<Input, Output> {
  requireFunction(call, "runnable");
  checkSettings(settings);
  // The promise of an async function is handed through as it is: another one would cost every item.
  return new FunctionRunnable(call as (input: Input, options?: CallOptions) => Promise<Output>, settings);
}

/**
 * Makes a Runnable of a function that turns many inputs into as many outputs in one call.
 *
 * @param call resolves to one result for each input, in their order; an Error in a slot fails that slot alone
 * @param settings what one request may hold, such as `{ request: { maxInputs: 96 } }`
 *
 * @example
 * const lengths = bulkRunnable(async (texts: readonly string[]) => texts.map((text) => text.length), { request: { maxInputs: 96 } });
 */
export function bulkRunnable<Input, Output>(
  call: BulkCall<Input, Output>,
  settings: RunnableSettings<Input, Output> = {},
): Runnable<Input, Output> {
  requireFunction(call, "bulkRunnable");
  checkSettings(settings);
  return new Bulk(call, settings);
}

/** Function that turns many inputs into as many outputs. The array is its own: it may change it. */
type BulkCall<Input, Output> = (inputs: Input[], options: CallOptions) => Promise<readonly (Output | Error)[]>;

class Bulk<Input, Output> extends Runnable<Input, Output> {
  override readonly settings: RunnableSettings<Input, Output>;
  readonly #call: BulkCall<Input, Output>;

  constructor(call: BulkCall<Input, Output>, settings: RunnableSettings<Input, Output>) {
    super();
    this.#call = call;
    this.settings = settings;
  }

  override invoke(input: Input, options?: CallOptions): Promise<Output> {
    return invokeThroughBatch(this, input, options);
  }

  override invokeMany(inputs: Input[], options: CallOptions): Promise<readonly (Output | Error)[]> {
    return this.#call(inputs, options);
  }
}

/** @throws ArgumentError where `value` is not a Runnable */
export function requireRunnable<Input, Output>(value: Runnable<Input, Output>): Runnable<Input, Output> {
  if (isRunnable(value)) return requireVersion(value as Runnable<Input, Output>);
  throw new ArgumentError(`Expected a Runnable, got ${kindOf(value)}. runnable(fn) makes one of a function.`);
}

function requireFunction(call: unknown, name: string): void {
  if (typeof call !== "function")
    throw new ArgumentError(`Expected ${name} to be given a function, got ${kindOf(call)}.`);
}
