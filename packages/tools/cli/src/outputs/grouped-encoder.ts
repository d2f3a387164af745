import { ResultError } from "@batchwise/core";
import type { Chunk, Encoder } from "./encoder.ts";
import type { Row } from "./row.ts";

/** Most rows of a group. */
const MOST_ROWS = 10_000;

/** Format that is written in groups of rows. */
export interface Groups {
  /** Most numbers in the vectors of a group, which is in memory whole. */
  readonly mostNumbers: number;
  /** @throws ResultError for a row that does not fit the others */
  check(row: Row): void;
  write(rows: readonly Row[]): Chunk | undefined;
  end(): Chunk | undefined;
}

/** Encoder that gathers the rows of a group. */
export function groupedEncoder(groups: Groups): Encoder {
  let rows: Row[] = [];
  let numbers = 0;
  const write = (): Chunk | undefined => {
    const written = rows.length === 0 ? undefined : groups.write(rows);
    rows = [];
    numbers = 0;
    return written;
  };
  return {
    row: (row) => {
      groups.check(row);
      rows.push(row);
      numbers += vectorOf(row)?.length ?? 0;
      return rows.length >= MOST_ROWS || numbers >= groups.mostNumbers ? write() : undefined;
    },
    end: () => joined([write(), groups.end()]),
  };
}

/** Vector of a row that has one. */
export function vectorOf({ outcome }: Row): Float32Array | undefined {
  return "output" in outcome && outcome.output instanceof Float32Array ? outcome.output : undefined;
}

/** @throws ResultError for an output that is not a vector, or one of another length */
export function requireVector(row: Row, length: number | undefined): void {
  if ("error" in row.outcome) return;
  const vector = vectorOf(row);
  if (vector !== undefined && (length === undefined || vector.length === length)) return;
  const expected = length === undefined ? "a vector" : `a vector of ${length} numbers`;
  throw new ResultError(
    `Expected ${expected}, got ${vector === undefined ? "another output" : `one of ${vector.length}`}.`,
  );
}

function joined(chunks: readonly (Chunk | undefined)[]): Chunk {
  return Buffer.concat(chunks.filter((chunk) => chunk !== undefined).map((chunk) => Buffer.from(chunk as Uint8Array)));
}
