import type { ColumnTypes } from "../columns/column-type.ts";
import type { PropertyTypes } from "../schema/property-types.ts";
import type { Row } from "./row.ts";
import type { VectorForm } from "./vector-form.ts";

/** Piece of a file. */
export type Chunk = string | Uint8Array;

/** Encoder of rows as a file. Its results are written in order; it may hold back rows for the next call. */
export interface Encoder {
  /** @throws ResultError for an output that the format cannot hold */
  row(row: Row): Chunk | undefined;
  /** Returns the last piece of the file. */
  end(): Chunk | undefined;
}

/** Format of an output. */
export type OutputFormat = "jsonl" | "csv" | "parquet" | "arrow";

/** Shape of a table, known before its first row. */
export interface TableShape {
  /** Kind of the adapter. */
  readonly kind: string;
  /** Columns of the input that are kept, after those of the output's properties. */
  readonly keep: readonly string[];
  /** Types of an output's properties that are columns, instead of one of all the output. @default none */
  readonly properties?: PropertyTypes | undefined;
  /** Types of kept columns, where the input's files declare them. @default all are texts */
  readonly types?: ColumnTypes | undefined;
  /** Length of the vectors, where the adapter knows it; for a table without any. */
  readonly dimensions: number | undefined;
  /** Form of vectors in JSONL. @default "numbers" */
  readonly vectors?: VectorForm | undefined;
  /** True where cells of CSV that a spreadsheet would run begin with `'`. @default false */
  readonly isSafe?: boolean | undefined;
  /** True where rows are added to a file that has its beginning. @default false */
  readonly isContinued?: boolean;
}
