import { type ErrorCode, ResultError, type Usage } from "@batchwise/core";
import type { Codec } from "./codec.ts";
import { decodeError, encodeError, type EncodedError } from "./wire-error.ts";

/** What became of a chunk: a slot for each input, and what the work used. */
export interface Outcome extends ChunkReport {
  /** An Error is that input's failure. */
  readonly slots: readonly unknown[];
}

/** What is said of a chunk as a whole. */
export interface ChunkReport {
  readonly usage?: Usage;
  /** Whether no other input can succeed either: a refused key, exhausted quota. */
  readonly fatal?: boolean;
}

/** An item's result as it lies in the database: one of the two. */
export interface EncodedResult {
  readonly output: Uint8Array | null;
  /** An EncodedError, as JSON. */
  readonly failure: string | null;
}

/** A value that the codec refuses becomes its item's failure. */
export function encodeResult(slot: unknown, codec: Codec): EncodedResult {
  if (slot instanceof Error) return failureOf(slot);
  try {
    return { output: codec.encode(slot), failure: null };
  } catch {
    return failureOf(
      new ResultError(
        "The worker's Runnable returned a value that the codec cannot write: expected plain data, typed arrays, Maps, " +
          "Sets or dates. Return such a value, or give submitter and workers a codec that knows it.",
      ),
    );
  }
}

/** The output, or the Error. */
export function decodeResult({ output, failure }: EncodedResult, codec: Codec): unknown {
  if (failure !== null) return decodeError(JSON.parse(failure) as EncodedError);
  try {
    return codec.decode(output as Uint8Array);
  } catch {
    return new ResultError(
      "The worker's output cannot be read: submitter and worker need the same codec, and with the usual one a Node here " +
        "that is not older than the worker's.",
    );
  }
}

/** Whether it failed and may go well another time. What is wrong with an input stays wrong. */
export function mayGoWell({ failure }: EncodedResult): boolean {
  return failure !== null && !LASTING.has((JSON.parse(failure) as EncodedError).code);
}

const LASTING: ReadonlySet<ErrorCode> = new Set(["invalid_input", "request_too_large"]);

function failureOf(error: Error): EncodedResult {
  return { output: null, failure: JSON.stringify(encodeError(error)) };
}
