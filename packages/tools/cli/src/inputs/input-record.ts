import { InputError } from "@batchwise/core";

/** Record of a file, before its input is picked. */
export type InputRecord = Readable | Unreadable;

interface Place {
  /** Place in the file, for messages: "line 3". */
  readonly place: string;
  /** Position in the source after it, in the unit of the source's `size`. */
  readonly end: number;
}

interface Readable extends Place {
  /** Text, JSON value, or row of a table as an object. */
  readonly value: unknown;
  /** The same with numbers as they were written, where a number of JavaScript does not hold one. */
  readonly exact?: unknown;
}

interface Unreadable extends Place {
  readonly error: Error;
}

/** Format of a file of inputs. */
export type InputFormat = (typeof INPUT_FORMATS)[number];

export const INPUT_FORMATS = ["jsonl", "json", "text", "csv", "tsv", "parquet", "arrow"] as const;

/** File of inputs that is open. */
export interface InputSource {
  readonly format: InputFormat;
  /** Bytes or rows in all, where known: the records' `end` is measured in the same unit. */
  readonly size: number | undefined;
  /** Names of the columns, where it is a table. */
  readonly columns?: readonly string[];
  /** True where the first row named the only column: it may be an input itself. */
  readonly mayLackHeader?: boolean;
  /** Records, which can be read once. Leaving the loop closes the file. */
  readonly records: AsyncIterable<InputRecord>;
  /** Closes a file that was not read. */
  readonly close: () => void;
}

/** Record that cannot be read. `expected` says what it should be, and what was got without the record's content. */
export function unreadable(place: string, end: number, expected: string): Unreadable {
  const message = `Expected ${place} to ${expected}`;
  return { place, end, error: new InputError(message) };
}

/** Expectation of a record's bytes, for `unreadable`. */
export const IN_ENCODING =
  "be in the file's encoding, got other bytes. It is UTF-8 unless --encoding names another, such as windows-1252 or gbk.";
