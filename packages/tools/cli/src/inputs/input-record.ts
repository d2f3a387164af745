import { InputError } from "@batchwise/core";

/** One record of a file, before it is known what of it is the input. */
export type InputRecord = Readable | Unreadable;

interface Place {
  /** Where it stands, for people: "Line 3". */
  readonly place: string;
  /** How much of the source has been read with it, in the unit of the source's `size`. */
  readonly end: number;
}

interface Readable extends Place {
  /** A text, a JSON value, or a row of a table as an object. */
  readonly value: unknown;
}

interface Unreadable extends Place {
  readonly error: Error;
}

/** What a file of inputs can be. */
export type InputFormat = (typeof INPUT_FORMATS)[number];

export const INPUT_FORMATS = ["jsonl", "text", "csv", "parquet"] as const;

/** A file of inputs that is open. */
export interface InputSource {
  readonly format: InputFormat;
  /** Bytes or rows in all, where known: what `end` of the records is measured against. */
  readonly size: number | undefined;
  /** Names of the columns, where it is a table. */
  readonly columns?: readonly string[];
  /** Can be read once. Leaving the loop closes the file. */
  readonly records: AsyncIterable<InputRecord>;
  /** Closes a file that was not read. */
  readonly close: () => void;
}

/** A record that cannot be read. The message never holds what stands there. */
export function unreadable(place: string, end: number, what: string): Unreadable {
  return { place, end, error: new InputError(`${place} ${what}`) };
}
