import type { Row } from "./row.ts";

/** A piece of a file. */
export type Chunk = string | Uint8Array;

/** Writes rows as a file. What it returns goes to the file in that order; it may hold back rows for the next call. */
export interface Encoder {
  /** @throws ResultError for an output that the format cannot hold */
  row(row: Row): Chunk | undefined;
  /** What is missing to a whole file. */
  end(): Chunk | undefined;
}

/** What an output can be. */
export type OutputFormat = "jsonl" | "csv" | "parquet" | "arrow";

/** What a table has to know before its first row. */
export interface TableShape {
  /** The adapter's kind. */
  readonly kind: string;
  /** Columns of the input that are kept. */
  readonly keep: readonly string[];
  /** Length of the vectors, where the adapter knows it; for a table without any. */
  readonly dimensions: number | undefined;
}
