import { codeOf, type ErrorCode, ResultError, type Usage } from "@batchwise/core";
import type { Codec } from "./codec.ts";
import { decodeError, encodeError, type EncodedError } from "./wire-error.ts";

/** What became of a chunk: a slot for each input, and what the work used. */
export interface Outcome {
  /** An Error is that input's failure. */
  readonly slots: readonly unknown[];
  readonly usage?: Usage;
  /** Whether no other input can succeed either: a refused key, exhausted quota. */
  readonly fatal?: boolean;
}

/** An outcome as it lies in the database. */
export interface EncodedOutcome {
  /** The outputs of the inputs that came through, in order. */
  readonly outputs: Uint8Array;
  /** The rest, as JSON. */
  readonly outcome: string;
}

interface Rest {
  readonly failures: readonly (readonly [position: number, error: EncodedError])[];
  readonly usage?: Usage;
  readonly fatal?: boolean;
}

/** Whether something failed that may go well another time. What is wrong with an input stays wrong. */
export function mayGoWell({ slots }: Outcome): boolean {
  return slots.some((slot) => slot instanceof Error && !LASTING.has(codeOf(slot)));
}

const LASTING: ReadonlySet<ErrorCode> = new Set(["invalid_input", "request_too_large"]);

export function encodeOutcome({ slots, ...rest }: Outcome, codec: Codec): EncodedOutcome {
  const failures = slots.flatMap((slot, position): Rest["failures"] =>
    slot instanceof Error ? [[position, encodeError(slot)]] : [],
  );
  try {
    const outputs = codec.encode(slots.filter((slot) => !(slot instanceof Error)));
    return { outputs, outcome: JSON.stringify({ failures, ...rest } satisfies Rest) };
  } catch (error) {
    const fit = slots.map((slot) => (slot instanceof Error || canEncode(slot, codec) ? slot : unfit()));
    // The codec refuses what it took alone: then it is the codec that fails.
    if (fit.every((slot, position) => slot === slots[position])) throw error;
    return encodeOutcome({ slots: fit, ...rest }, codec);
  }
}

export function decodeOutcome({ outputs, outcome }: EncodedOutcome, size: number, codec: Codec): Outcome {
  const { failures, ...rest } = JSON.parse(outcome) as Rest;
  const errors = new Map(failures);
  const values = codec.decode(outputs) as readonly unknown[];
  let next = 0;
  const slots = Array.from({ length: size }, (_, position) => {
    const error = errors.get(position);
    return error === undefined ? values[next++] : decodeError(error);
  });
  return { slots, ...rest };
}

export function canEncode(value: unknown, codec: Codec): boolean {
  try {
    codec.encode(value);
    return true;
  } catch {
    return false;
  }
}

function unfit(): ResultError {
  return new ResultError(
    "The worker's Runnable returned a value that the codec cannot write: expected plain data, typed arrays, Maps, Sets " +
      "or dates. Return such a value, or give submitter and workers a codec that knows it.",
  );
}
