import type { EncodedResult } from "../wire/result.ts";

/** Inputs of one call, for the queue. */
export interface Submission {
  /** Also the id of the chunk that holds its inputs, or those of them that are new. */
  readonly id: string;
  readonly inputs: readonly Uint8Array[];
  /** Names of the inputs within the batch, where it is kept: a name that the batch has already is not sent again. */
  readonly names: readonly string[] | undefined;
  /** Call options, as JSON. */
  readonly options: string;
}

/** Answer to a submission. */
export interface Answer {
  /** One for each input, in order. */
  readonly results: readonly EncodedResult[];
  /** Reports of the chunks that were worked on for it: ChunkReports, as JSON. */
  readonly reports: readonly string[];
}

/** Sources of a submission's results, once it is on the queue. */
export interface Receipt {
  readonly submission: Submission;
  /** Results that the batch had already, by the input's place in the submission. */
  readonly known: readonly (readonly [place: number, result: EncodedResult])[];
  /** Slots that chunks will fill, by the chunk's id. */
  readonly awaited: ReadonlyMap<string, readonly AwaitedSlot[]>;
}

/** Slot for a chunk's result: the one at position `at` is for the input at `place`. */
export interface AwaitedSlot {
  readonly at: number;
  readonly place: number;
}
