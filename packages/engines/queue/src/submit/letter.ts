import type { EncodedResult } from "../wire/result.ts";

/** Inputs on their way: those of one call. */
export interface Letter {
  /** Also the id of the chunk that is made of it, or of what is new in it. */
  readonly id: string;
  readonly inputs: readonly Uint8Array[];
  /** Names of the inputs within the batch, where it is kept: what is there under the same name is not sent again. */
  readonly names: readonly string[] | undefined;
  /** Call options, as JSON. */
  readonly options: string;
}

/** What has come back for a letter. */
export interface Answer {
  /** One for each input, in order. */
  readonly results: readonly EncodedResult[];
  /** What the workers said of the chunks that were worked on for it: ChunkReports, as JSON. */
  readonly reports: readonly string[];
}

/** Where the results of a letter's inputs are to be had. */
export interface Route {
  readonly letter: Letter;
  /** Results that were there already, by the input's place in the letter. */
  readonly known: readonly (readonly [place: number, result: EncodedResult])[];
  /** Chunks that will bring the others: which of a chunk's results is for which place. */
  readonly awaited: ReadonlyMap<string, readonly Delivery[]>;
}

/** A chunk's result at position `at` is for the input at `place`. */
export interface Delivery {
  readonly at: number;
  readonly place: number;
}
