import {
  autoBatch,
  type BatchOptions,
  type Completed,
  type Runnable,
  runnable as toRunnable,
  withConfig,
  withFallbacks,
  withRetry,
} from "@batchwise/core";
import { isOverridden } from "@batchwise/core/wrappers";

/** Results of a batch: an output or an Error for each input, by the input's index. */
export type Slots<Output> = readonly (Output | Error)[];

/** Way to run many inputs through a Runnable. */
export interface Way {
  readonly name: string;
  /**
   * Runs the inputs and returns their slots.
   *
   * @throws Error when an outcome is missing, comes twice, or has an index that no input has.
   */
  run<Input, Output>(
    runnable: Runnable<Input, Output>,
    inputs: readonly Input[],
    options: BatchOptions<Input, Output>,
  ): Promise<Slots<Output>>;
}

/** Way through the Runnable's own `batch`, an author's override included. */
export const batch: Way = {
  name: "batch",
  run: (runnable, inputs, options) => runnable.batch(inputs, options),
};

/** Way through the Runnable's own `batchAsCompleted`. */
export const batchAsCompleted: Way = {
  name: "batchAsCompleted",
  run: async (runnable, inputs, options) => {
    // Before the call: whether the array is still the same afterwards is L9's concern.
    const { length } = inputs;
    return slotsOf(await collect(runnable.batchAsCompleted(inputs, options)), length);
  },
};

/** Way through the Runnable's own `batchInOrder`. */
export const batchInOrder: Way = {
  name: "batchInOrder",
  run: async (runnable, inputs, options) => {
    // Before the call: whether the array is still the same afterwards is L9's concern.
    const { length } = inputs;
    return slotsOf(await collect(runnable.batchInOrder(inputs, options)), length);
  },
};

/** Way through `batch` as the engine runs it. An override of `batch` is itself when called directly; this avoids that. */
export const engineBatch: Way = {
  name: "batch",
  run: (runnable, inputs, options) => engineOf(runnable).batch(inputs, options),
};

/** Ways through the Runnable's own methods. */
export const ownMethods: readonly Way[] = [batch, batchAsCompleted, batchInOrder];

/** Ways through the methods that the engine runs, where every law holds for an override of `batch` too. */
export const engineMethods: readonly Way[] = [engineBatch, batchAsCompleted, batchInOrder];

/** Ways through every wrapper. */
export const wrappers: readonly Way[] = [
  {
    name: "withConfig",
    run: (runnable, inputs, options) => withConfig(runnable, {}).batch(inputs, options),
  },
  {
    name: "withRetry",
    run: (runnable, inputs, options) => withRetry(runnable, {}).batch(inputs, options),
  },
  {
    name: "withFallbacks",
    run: (runnable, inputs, options) => withFallbacks(runnable, [runnable]).batch(inputs, options),
  },
  {
    name: "pipe, as the first stage",
    run: (runnable, inputs, options) => runnable.pipe(passOn()).batch(inputs, options as BatchOptions),
  },
  {
    name: "pipe, as the second stage",
    run: (runnable, inputs, options) => passOn<InputOf<typeof runnable>>().pipe(runnable).batch(inputs, options),
  },
  {
    name: "autoBatch",
    run: async (runnable, inputs, options) => {
      const { clock, signal } = options;
      const maxInputs = Math.max(1, inputs.length);
      const one = autoBatch(runnable, {
        maxWaitMs: 10,
        maxInputs,
        ...(clock === undefined ? {} : { clock }),
      });
      const calls = inputs.map((input) => one.invoke(input, signal === undefined ? {} : { signal }));
      return Promise.all(calls);
    },
  },
];

/** Runnable of the same work, with a `batch` that the engine runs. */
export function engineOf<Input, Output>(runnable: Runnable<Input, Output>): Runnable<Input, Output> {
  return isOverridden(runnable) ? withConfig(runnable, {}) : runnable;
}

/** Collects every outcome that an iterator yields. */
export async function collect<Input, Output>(
  outcomes: AsyncIterable<Completed<Input, Output>>,
): Promise<Completed<Input, Output>[]> {
  const all: Completed<Input, Output>[] = [];
  for await (const outcome of outcomes) all.push(outcome);
  return all;
}

/** Source that gives `inputs` lazily. */
export async function* lazily<Input>(inputs: Iterable<Input>): AsyncGenerator<Input, void, undefined> {
  yield* inputs;
}

type InputOf<R> = R extends Runnable<infer Input, any> ? Input : never;

function passOn<T>(): Runnable<T, T> {
  return toRunnable<T, T>((input) => Promise.resolve(input));
}

function slotsOf<Output>(outcomes: readonly Completed<unknown, Output>[], count: number): Slots<Output> {
  const slots = new Map<number, Output | Error>();
  for (const outcome of outcomes) {
    if (!Number.isInteger(outcome.index) || outcome.index < 0 || outcome.index >= count) {
      throw new Error(`Expected an outcome's index to be 0 to ${count - 1}, got ${outcome.index}.`);
    }
    if (slots.has(outcome.index)) throw new Error(`Expected one outcome for index ${outcome.index}, got two.`);
    slots.set(outcome.index, outcome.status === "fulfilled" ? outcome.value : outcome.reason);
  }
  if (slots.size < count) throw new Error(`Expected ${count} outcomes, got ${slots.size}.`);
  return Array.from({ length: count }, (_, index) => slots.get(index) as Output | Error);
}
