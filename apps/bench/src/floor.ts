import type { Completed } from "@batchwise/core";
import { type Bulk, settleBulk } from "./streams/bulks.ts";

/** Call that every contender makes: one input to one output. */
export type Work = (input: number) => Promise<number>;

/** Number of inputs in a bulk, and of bulks in flight at once. */
export interface StreamShape {
  readonly size: number;
  readonly inFlight: number;
}

/**
 * Hand-written loop for a bulk of calls: `concurrency` workers take the next index from one counter, and each outcome
 * goes to its own slot. A call that rejects is an outcome like any other.
 */
export async function loopByHand(
  inputs: readonly number[],
  work: Work,
  concurrency: number,
): Promise<Completed<number, number>[]> {
  const outcomes: Completed<number, number>[] = Array.from({ length: inputs.length });
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < inputs.length) {
      const index = next++;
      const input = inputs[index] as number;
      try {
        // oxlint-disable-next-line no-await-in-loop -- a worker is a loop over calls
        outcomes[index] = { index, input, status: "fulfilled", value: await work(input) };
      } catch (error) {
        outcomes[index] = { index, input, status: "rejected", reason: errorOf(error) };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, inputs.length) }, worker));
  return outcomes;
}

/**
 * Hand-written generator for a stream: pulls texts into bulks of `size`, keeps `inFlight` of them in flight, and yields
 * each outcome as its bulk completes. A bulk that rejects, or answers with another count, fails only its own texts. It
 * holds at most `inFlight` bulks, in flight or complete, and one that is being filled.
 */
export async function* streamByHand(
  texts: AsyncIterable<string>,
  bulk: Bulk,
  { size, inFlight }: StreamShape,
): AsyncGenerator<Completed<string, number>, void, undefined> {
  const iterator = texts[Symbol.asyncIterator]();
  const complete: Completed<string, number>[][] = [];
  let pulled = 0;
  let held = 0;
  let ended = false;
  let filling = false;
  let left = false;
  let failure: { readonly error: unknown } | undefined;
  let wake: (() => void) | undefined;

  const call = async (start: number, inputs: readonly string[]): Promise<void> => {
    complete.push(await settleBulk(bulk, { start, inputs }));
    wake?.();
  };

  const pull = async (inputs: string[]): Promise<void> => {
    try {
      while (inputs.length < size) {
        // oxlint-disable-next-line no-await-in-loop -- an async generator is not faster when it is asked twice
        const result = await iterator.next();
        if (result.done) {
          ended = true;
          return;
        }
        inputs.push(result.value);
      }
    } catch (error) {
      ended = true;
      failure = { error };
    }
  };

  const fill = async (): Promise<void> => {
    filling = true;
    // oxlint-disable-next-line no-unmodified-loop-condition -- `pull` sets it
    while (!ended && held < inFlight) {
      const start = pulled;
      const inputs: string[] = [];
      // oxlint-disable-next-line no-await-in-loop -- one at a time
      await pull(inputs);
      pulled += inputs.length;
      if (inputs.length > 0 && !left) {
        held++;
        void call(start, inputs);
      }
    }
    filling = false;
    wake?.();
  };

  try {
    for (;;) {
      if (!filling && !ended && held < inFlight) void fill();
      const outcomes = complete.shift();
      if (outcomes !== undefined) {
        for (const outcome of outcomes) yield outcome;
        held--;
      } else if (held === 0 && ended && !filling) {
        if (failure !== undefined) throw failure.error;
        return;
      } else {
        // oxlint-disable-next-line no-await-in-loop -- one at a time
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    left = true;
    if (!ended) {
      ended = true;
      await iterator.return?.();
    }
  }
}

function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error("Expected an Error, got another value.", { cause: thrown });
}
