import { ResultError, type Runnable, type RunnableSettings, toError, withConfig } from "@batchwise/core";
import { WorkerLostError } from "../errors.ts";
import type { Codec } from "../wire/codec.ts";
import { splitParts, type Parts } from "../wire/parts.ts";
import type { Outcome } from "../wire/result.ts";

/** Works on a chunk's inputs by the Runnable's own batch, each failure kept in its slot. Never rejects. */
export async function work(
  runnable: Runnable<unknown, unknown>,
  inputs: readonly unknown[],
  callOptions: object,
  signal: AbortSignal,
): Promise<Outcome> {
  let usage: Outcome["usage"];
  let fatal = false;
  try {
    // Wrapped, an override of batch has the engine around it, which keeps one failure from the others.
    const slots = await withConfig(runnable, NO_CHANGE).batch(inputs, {
      ...callOptions,
      returnExceptions: true,
      signal,
      onFinish(report) {
        const used = Object.entries(report.usage).filter(([, amount]) => amount > 0);
        if (used.length > 0) usage = Object.fromEntries(used);
        fatal = report.status === "stopped";
      },
    });
    return { slots, ...(usage === undefined ? {} : { usage }), ...(fatal ? { fatal } : {}) };
  } catch (error) {
    const failure = toError(error);
    return { slots: inputs.map(() => failure) };
  }
}

const NO_CHANGE: RunnableSettings = {};

/** The outcome of a chunk whose every worker ended over it. */
export function lostOutcome(size: number, attempts: number): Outcome {
  const error = new WorkerLostError(
    `This chunk of ${size} ${size === 1 ? "input" : "inputs"} was given to ${attempts} ` +
      `${attempts === 1 ? "worker, which" : "workers in turn, and each"} ended before it could answer. Look for an input ` +
      "that ends the process (out of memory, process.exit, a native crash); chunkSize: 1 shows which.",
  );
  return { slots: Array.from({ length: size }, () => error) };
}

/** A chunk's inputs, or its outcome where this worker cannot read them. */
export function readInputs(inputs: Parts, codec: Codec): readonly unknown[] | Outcome {
  try {
    return splitParts(inputs).map((input) => codec.decode(input));
  } catch {
    const error = new ResultError(
      "The worker cannot read this chunk: submitter and worker need the same codec, and with the usual one a Node on the " +
        "worker's side that is not older than the submitter's.",
    );
    return { slots: inputs.sizes.map(() => error) };
  }
}
