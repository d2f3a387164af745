import type { BatchOptions, Inputs, RunnableShape } from "../contract/runnable.ts";
import { type BatchError, toError } from "../contract/errors.ts";
import { INVOKED } from "../contract/marks.ts";
import type { BatchOutput } from "./batch-run.ts";
import type { Source } from "./intake/source.ts";
import { ResultSlots } from "./results/result-slots.ts";
import { start } from "./start.ts";
import { endedEarly, type Stop } from "./stop.ts";

/** `batch`: every outcome into its own slot, and the slots when all are filled. */
export function batch<Input, Output>(
  runnable: RunnableShape<Input, Output>,
  inputs: Inputs<Input>,
  options: BatchOptions<Input, Output>,
): Promise<(Output | Error)[]> {
  idleBatches ??= [IDLE, IDLE_BULK].map((idle) => start(idle, [undefined], {}, false, outputFor({}, nothing, nothing)));
  // A promise's executor turns what it throws into a rejection: wrong arguments too.
  return new Promise((resolve, reject) => {
    start(runnable, inputs, options, false, outputFor(options, resolve, reject));
  });
}

/**
 * One idle set of the engine's objects, kept for as long as the program runs.
 *
 * V8 compiles code for the shapes of the objects that it has seen, and lets both go when a full collection finds none
 * of them alive. A program whose batches come with pauses would compile the engine anew for each, and after a few rounds
 * V8 stops trying: measured, an item then cost six times as much. An empty batch's objects hold no data of a user.
 */
let idleBatches: unknown;

const IDLE = { invoke: () => Promise.resolve() } as unknown as RunnableShape<undefined, undefined>;
const IDLE_BULK: typeof IDLE = { ...IDLE, invokeMany: () => Promise.resolve([undefined]) };

function outputFor<Input, Output>(
  options: BatchOptions<Input, Output>,
  resolve: (outputs: (Output | Error)[]) => void,
  reject: (reason: unknown) => void,
): (source: Source<Input>) => BatchOutput<Input, Output> {
  const returnExceptions = options?.returnExceptions === true;
  const isInvoked = (options as { readonly [INVOKED]?: true } | null)?.[INVOKED] === true;
  return ({ inputs }) => {
    const slots = new ResultSlots<Input, Output>(inputs);
    return {
      method: isInvoked ? "invoke" : "batch",
      sink: slots,
      failFast: !returnExceptions,
      outcomes: () => slots.outcomes(),
      onEnd(stop, count) {
        if (stop === undefined) resolve(slots.values);
        else if (stop.status === "failed" || (stop.status === "stopped" && !returnExceptions))
          reject(failure(stop, slots));
        else if (returnExceptions) resolve(slots.filledUp(count, toError(stop.reason)));
        else reject(stop.reason);
      },
    };
  };
}

function failure<Input, Output>(stop: Stop, slots: ResultSlots<Input, Output>): BatchError<Input, Output> {
  const outcomes = slots.outcomes();
  const finished = `${outcomes.length} ${outcomes.length === 1 ? "input has" : "inputs have"} an outcome, in \`outcomes\`.`;
  return endedEarly(stop, outcomes, `${finished} With returnExceptions each failure stays in its own slot.`);
}

function nothing(): void {
  // The slots are handed over when all are filled, and not before.
}
