import { ResultError } from "@batchwise/core";
import type { ColumnTypes } from "../columns/column-type.ts";
import { parseExact } from "../inputs/exact-json.ts";
import type { Kept } from "../inputs/kept.ts";
import { base64Of, vectorOfBase64 } from "../outputs/base64.ts";
import type { Chunk, Encoder, OutputFormat, TableShape } from "../outputs/encoder.ts";
import { requireVector, vectorOf } from "../outputs/grouped-encoder.ts";
import { textsOf } from "../outputs/cells.ts";
import { jsonOf } from "../outputs/json.ts";
import { JsonlEncoder } from "../outputs/jsonl-encoder.ts";
import { openEncoder } from "../outputs/open-encoder.ts";
import { type ReportedError, reportedError, type Row } from "../outputs/row.ts";

/** Rows as lines, in which they wait for their turn, and as pieces of the output. */
export interface RowFormat {
  /** @throws ResultError for an output that the format cannot hold */
  line(row: Row): string;
  /** Piece of the output; undefined where the format holds the row back. */
  chunk(line: string): Chunk | undefined;
  /** Last piece of the output. */
  end(): Chunk | undefined;
  /** Learns from a line of an earlier run what the others have to be like. */
  learn(line: string): void;
}

/** @throws ArgumentError for outputs that the format cannot hold */
export async function openRowFormat(format: OutputFormat, shape: TableShape): Promise<RowFormat> {
  const encoder = await openEncoder(format, shape);
  if (encoder instanceof JsonlEncoder) return jsonlRows(encoder);
  const rows = new TableRows(encoder, format, shape);
  const { properties } = shape;
  if (properties === undefined) return rows;
  const { propertyRow } = await import("../schema/property-row.ts");
  return {
    line: (row) => rows.line(propertyRow(row, properties)),
    chunk: (line) => rows.chunk(line),
    end: () => rows.end(),
    learn: (line) => rows.learn(line),
  };
}

/** Lines that are the output. */
function jsonlRows(encoder: JsonlEncoder): RowFormat {
  return { line: (row) => encoder.row(row), chunk: (line) => line, end: () => undefined, learn: () => undefined };
}

interface Fields {
  readonly index: number;
  readonly output?: unknown;
  readonly error?: ReportedError;
  /** Floats of a vector, in base64. */
  readonly vector?: string;
  readonly kept: Kept;
}

class TableRows implements RowFormat {
  readonly #encoder: Encoder;
  readonly #needsVectors: boolean;
  readonly #isOneLength: boolean;
  readonly #types: ColumnTypes | undefined;
  #length: number | undefined;

  constructor(encoder: Encoder, format: OutputFormat, { kind, types }: TableShape) {
    this.#encoder = encoder;
    this.#types = types;
    this.#needsVectors = kind === "embeddings";
    this.#isOneLength = format === "arrow";
  }

  line(row: Row): string {
    const { index, kept, outcome } = row;
    const end = `,"kept":${JSON.stringify(textsOf(kept, this.#types))}}\n`;
    if ("error" in outcome) return `{"index":${index},"error":${jsonOf(reportedError(outcome.error))}${end}`;
    if (!this.#needsVectors) return `{"index":${index},"output":${jsonOf(outcome.output)}${end}`;
    requireVector(row, this.#length);
    const vector = vectorOf(row);
    if (vector === undefined) throw new ResultError("Expected a vector, got another output.");
    if (this.#isOneLength) this.#length = vector.length;
    return `{"index":${index},"output":null,"vector":"${base64Of(vector)}"${end}`;
  }

  chunk(line: string): Chunk | undefined {
    const { index, output, error, vector, kept } = parseExact(line) as Fields;
    if (error !== undefined) return this.#encoder.row({ index, kept, outcome: { error } });
    return this.#encoder.row({
      index,
      kept,
      outcome: { output: vector === undefined ? output : vectorOfBase64(vector) },
    });
  }

  end(): Chunk | undefined {
    return this.#encoder.end();
  }

  learn(line: string): void {
    if (!this.#isOneLength || this.#length !== undefined) return;
    const { vector } = JSON.parse(line) as Fields;
    if (vector !== undefined) this.#length = vectorOfBase64(vector).length;
  }
}
