import type { Completed } from "./completed.ts";
import type { BatchOptions, CallOptions, Inputs, RunnableSettings } from "./options.ts";
import type { Estimate } from "./report.ts";

/** Anything that turns one input into one output: a Runnable, or an object shaped like one. */
export interface RunnableLike<in Input, out Output> {
  readonly invoke: (input: Input, options?: CallOptions) => Promise<Output>;
}

const MARKER = Symbol.for("batchwise.runnable");

/** Whether `value` is a Runnable, from this copy of the package or another. */
export function isRunnable(value: unknown): value is Runnable<unknown, unknown> {
  return typeof value === "object" && value !== null && MARKER in value;
}

export abstract class Runnable<Input, Output> {
  readonly settings?: RunnableSettings<Input, Output>;

  abstract invoke(input: Input, options?: CallOptions): Promise<Output>;

  invokeMany?(inputs: readonly Input[], options: CallOptions): Promise<readonly (Output | Error)[]>;

  batch(
    inputs: Inputs<Input>,
    options: BatchOptions<Input, Output> & { readonly returnExceptions: true },
  ): Promise<(Output | Error)[]>;
  batch(
    inputs: Inputs<Input>,
    options?: BatchOptions<Input, Output> & { readonly returnExceptions?: false },
  ): Promise<Output[]>;
  batch(inputs: Inputs<Input>, options?: BatchOptions<Input, Output>): Promise<(Output | Error)[]>;
  batch(_inputs: Inputs<Input>, _options?: BatchOptions<Input, Output>): Promise<(Output | Error)[]> {
    throw new Error("not written yet");
  }

  batchAsCompleted(
    _inputs: Inputs<Input>,
    _options?: BatchOptions<Input, Output>,
  ): AsyncIterableIterator<Completed<Input, Output>> {
    throw new Error("not written yet");
  }

  batchInOrder(
    _inputs: Inputs<Input>,
    _options?: BatchOptions<Input, Output>,
  ): AsyncIterableIterator<Completed<Input, Output>> {
    throw new Error("not written yet");
  }

  estimate(_inputs: Iterable<Input>, _options?: BatchOptions<Input, Output>): Estimate {
    throw new Error("not written yet");
  }

  pipe<Next>(_next: RunnableLike<Output, Next>): Runnable<Input, Next> {
    throw new Error("not written yet");
  }
}

Object.defineProperty(Runnable.prototype, MARKER, { value: true });
