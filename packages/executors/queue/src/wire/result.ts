import { type ErrorCode, ResultError, type Usage } from "@batchwise/core";
import type { Codec } from "./codec.ts";
import { decodeError, encodeError, type EncodedError } from "./wire-error.ts";

/** Outcome of a chunk: a slot for each input, and the usage. */
export interface Outcome extends ChunkReport {
  /** An Error is that input's failure. */
  readonly slots: readonly unknown[];
}

/** Report of a chunk as a whole. */
export interface ChunkReport {
  readonly usage?: Usage;
  /** True where no other input can succeed either: a refused key, exhausted quota. */
  readonly fatal?: boolean;
}

/** Result of an item as the database holds it: one of the two. */
export interface EncodedResult {
  readonly output: Uint8Array | null;
  /** An EncodedError, as JSON. */
  readonly failure: string | null;
}

/** Encodes an output or an Error. A value that the codec refuses becomes its item's failure. */
export function encodeResult(slot: unknown, codec: Codec): EncodedResult {
  if (slot instanceof Error) return failureOf(slot);
  try {
    return { output: codec.encode(slot), failure: null };
  } catch {
    return failureOf(
      new ResultError(
        "Expected the worker's Runnable to return plain data, typed arrays, Maps, Sets or dates, got a value that the codec " +
          "cannot write. Return such a value, or give submitter and workers a codec that knows it.",
      ),
    );
  }
}

/** Decodes an output or an Error. */
export function decodeResult({ output, failure }: EncodedResult, codec: Codec): unknown {
  if (failure !== null) return decodeError(JSON.parse(failure) as EncodedError);
  try {
    return codec.decode(output as Uint8Array);
  } catch {
    return new ResultError(
      "Expected a worker's output that the codec can read, got another. Give submitter and worker the same codec, and with " +
        "the default one, the submitter a Node that is not older than the worker's.",
    );
  }
}

/** True for a failure that may not repeat. An input that was refused stays refused. */
export function isWorthRetrying({ failure }: EncodedResult): boolean {
  return failure !== null && !LASTING.has((JSON.parse(failure) as EncodedError).code);
}

const LASTING: ReadonlySet<ErrorCode> = new Set(["invalid_input", "request_too_large"]);

function failureOf(error: Error): EncodedResult {
  return { output: null, failure: JSON.stringify(encodeError(error)) };
}
