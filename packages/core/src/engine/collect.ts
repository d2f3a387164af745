import { BatchError, toError } from "../errors.ts";
import type { BatchOptions, Inputs } from "../options.ts";
import type { Runnable } from "../runnable.ts";
import type { Execution, Receiver, Stop } from "./execution.ts";
import { launch } from "./launch.ts";
import { keepShapes } from "./shapes.ts";
import { Slots } from "./sinks.ts";

/** `batch`: every outcome into its own slot, and the slots when all are filled. */
export function collect<Input, Output>(
  runnable: Runnable<Input, Output>,
  inputs: Inputs<Input>,
  options: BatchOptions<Input, Output>,
): Promise<(Output | Error)[]> {
  keepShapes(() => start(IDLE, [undefined], {}, nothing, nothing));
  // A promise's executor turns what it throws into a rejection: wrong arguments too.
  return new Promise((resolve, reject) => {
    start(runnable, inputs, options, resolve, reject);
  });
}

const IDLE = { invoke: () => Promise.resolve() } as unknown as Runnable<undefined, void>;

function start<Input, Output>(
  runnable: Runnable<Input, Output>,
  inputs: Inputs<Input>,
  options: BatchOptions<Input, Output>,
  resolve: (outputs: (Output | Error)[]) => void,
  reject: (reason: unknown) => void,
): Execution<Input, Output> {
  return launch(runnable, inputs, options, false, (source): Receiver<Input, Output> => {
    const slots = new Slots<Input, Output>(source.inputs);
    const returnExceptions = options.returnExceptions === true;
    return {
      sink: slots,
      failFast: !returnExceptions,
      onOutcome: nothing,
      outcomes: () => slots.outcomes(),
      onEnd(stop, count) {
        if (stop === undefined) resolve(slots.values);
        else if (stop.status === "failed" || (stop.status === "stopped" && !returnExceptions))
          reject(failure(stop, slots));
        else if (returnExceptions) resolve(slots.filledUp(count, toError(stop.reason)));
        else reject(stop.reason);
      },
    };
  });
}

function failure<Input, Output>(stop: Stop, slots: Slots<Input, Output>): BatchError<Input, Output> {
  const cause = toError(stop.reason);
  const outcomes = slots.outcomes();
  const finished = `${outcomes.length} ${outcomes.length === 1 ? "input has" : "inputs have"} an outcome, in \`outcomes\``;
  return new BatchError(
    `The batch ended early: ${cause.name}, in \`cause\`. ${finished}. With returnExceptions each failure stays in its own slot.`,
    {
      cause,
      outcomes,
    },
  );
}

function nothing(): void {
  // The slots are handed over when all are filled, and not before.
}
