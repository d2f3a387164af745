import { ResultError, type Runnable, type RunnableSettings, toError, withConfig } from "@batchwise/core";
import { WorkerLostError } from "../errors.ts";
import type { Codec } from "../wire/codec.ts";
import { splitParts, type Parts } from "../wire/parts.ts";
import type { Outcome } from "../wire/result.ts";

/** Works on a chunk's inputs by the Runnable's own batch, with each failure in its slot. Never rejects. */
export async function work(
  runnable: Runnable<unknown, unknown>,
  inputs: readonly unknown[],
  callOptions: object,
  signal: AbortSignal,
): Promise<Outcome> {
  let usage: Outcome["usage"];
  let fatal = false;
  try {
    // Wrapped, an override of batch has the engine around it, which isolates failures.
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

/** Outcome of a chunk whose workers all ended over it. */
export function lostOutcome(size: number, attempts: number): Outcome {
  const error = new WorkerLostError(
    `Expected an answer to this chunk of ${size} ${size === 1 ? "input" : "inputs"}, got ` +
      `${attempts === 1 ? "a worker that ended" : `${attempts} workers in turn that ended`} before. Look for an input that ` +
      "ends the process (out of memory, process.exit, a native crash); chunkSize: 1 shows which.",
  );
  return { slots: Array.from({ length: size }, () => error) };
}

/** Outcome of a chunk that no worker has read in time. */
export function unreadOutcome(size: number): Outcome {
  const error = new ResultError(
    "Expected a chunk that a worker can read, got one that none has read in time. Give submitter and workers the same codec and " +
      "the same release of @batchwise/queue, and with the default codec, workers a Node that is not older than the submitter's.",
  );
  return { slots: Array.from({ length: size }, () => error) };
}

/** Reads a chunk's inputs and options. Undefined where this worker cannot: another may have another codec or release. */
export function readChunk(inputs: Parts, options: string, codec: Codec): ReadChunk | undefined {
  try {
    const callOptions: unknown = JSON.parse(options);
    if (typeof callOptions !== "object" || callOptions === null) return undefined;
    return { inputs: splitParts(inputs).map((input) => codec.decode(input)), callOptions };
  } catch {
    return undefined;
  }
}

/** Chunk as its submitter gave it. */
export interface ReadChunk {
  readonly inputs: readonly unknown[];
  readonly callOptions: object;
}
