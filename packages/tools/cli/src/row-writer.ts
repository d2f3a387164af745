import { toError } from "@batchwise/core";
import type { Chunk, Encoder } from "./outputs/encoder.ts";
import { LINE_BEGINNING } from "./outputs/jsonl-encoder.ts";
import type { Outcome, Row } from "./outputs/row.ts";
import type { Step } from "./step.ts";
import type { Tally } from "./tally.ts";

/** Turns inputs that are through into pieces of the output, one after another, and counts them. */
export class RowWriter {
  readonly #encoder: Encoder;
  readonly #tally: Tally;

  constructor(encoder: Encoder, tally: Tally) {
    this.#encoder = encoder;
    this.#tally = tally;
  }

  /** @param outcome undefined where the line of an earlier run stays */
  write({ item, line }: Step, outcome: Outcome | undefined): Chunk | undefined {
    this.#tally.end = item.end;
    if (outcome !== undefined) return this.#encode({ index: item.index, kept: item.kept, outcome });
    return line === undefined ? undefined : this.keep(line);
  }

  /** A line of an earlier run. */
  keep(line: string): Chunk {
    this.#tally.countEarlier(1, LINE_BEGINNING.exec(line)?.[2] === "error" ? 1 : 0);
    return line;
  }

  /** What is missing to a whole file. */
  end(): Chunk | undefined {
    return this.#encoder.end();
  }

  #encode(row: Row): Chunk | undefined {
    let told = row;
    let chunk: Chunk | undefined;
    try {
      chunk = this.#encoder.row(row);
    } catch (error) {
      // The format cannot hold it: that is this input's failure alone.
      told = { ...row, outcome: { error: toError(error) } };
      chunk = this.#encoder.row(told);
    }
    this.#tally.count(told.outcome);
    return chunk;
  }
}
