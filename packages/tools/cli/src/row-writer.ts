import { toError } from "@batchwise/core";
import type { Chunk, Encoder } from "./outputs/encoder.ts";
import { LINE_BEGINNING } from "./outputs/jsonl-encoder.ts";
import type { Outcome, Row } from "./outputs/row.ts";
import type { Step } from "./step.ts";
import type { Stats } from "./stats.ts";

/** Turns finished inputs into pieces of the output, one after another, and counts them. */
export class RowWriter {
  readonly #encoder: Encoder;
  readonly #stats: Stats;

  constructor(encoder: Encoder, stats: Stats) {
    this.#encoder = encoder;
    this.#stats = stats;
  }

  /** @param outcome undefined where the line of an earlier run stays */
  write({ item, line }: Step, outcome: Outcome | undefined): Chunk | undefined {
    this.#stats.end = item.end;
    if (outcome !== undefined) return this.#encode({ index: item.index, kept: item.kept, outcome });
    return line === undefined ? undefined : this.keep(line);
  }

  /** Keeps a line of an earlier run. */
  keep(line: string): Chunk {
    this.#stats.countEarlier(1, LINE_BEGINNING.exec(line)?.[2] === "error" ? 1 : 0);
    return line;
  }

  /** Ends the file: returns its last piece. */
  end(): Chunk | undefined {
    return this.#encoder.end();
  }

  #encode(row: Row): Chunk | undefined {
    let written = row;
    let chunk: Chunk | undefined;
    try {
      chunk = this.#encoder.row(row);
    } catch (error) {
      // An output that the format cannot hold fails this input alone.
      written = { ...row, outcome: { error: toError(error) } };
      chunk = this.#encoder.row(written);
    }
    this.#stats.count(written.outcome);
    return chunk;
  }
}
