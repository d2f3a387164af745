import type { CallReport } from "@batchwise/core";
import type { EncodedError } from "./wire-error.ts";

/** Data that every thread of a pool is started with. */
export interface ThreadData {
  /** URL of the user's worker module. */
  readonly module: string;
  /** The pool's `workerData`. */
  readonly data: unknown;
  readonly transferOutputs: boolean;
}

/** One message to a thread. */
export interface Task {
  readonly inputs: readonly unknown[];
  /** Memory that both sides see while the thread is busy; its fields are below. */
  readonly state: Int32Array<SharedArrayBuffer>;
}

/** Field of `Task.state`: the phase of the task. */
export const PHASE = 0;
/** Field of `Task.state`: 0 while the worker loads, then 1 plus the position of the current input. */
export const STARTED = 1;

/** Values of the field PHASE. */
export const RUNNING = 0;
export const ABORTED = 1;
export const ENDED = 2;

/** A thread's answer. */
export type Reply =
  | {
      readonly status: "done";
      /** One slot an input. The slot of a failed input holds undefined. */
      readonly outputs: readonly unknown[];
      readonly failures: readonly (readonly [position: number, error: EncodedError])[];
      readonly reports: readonly CallReport[];
    }
  | { readonly status: "unloaded"; readonly error: EncodedError };

export function newState(): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
}
