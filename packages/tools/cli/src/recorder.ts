import { toError } from "@batchwise/core";
import type { RowFormat } from "./journal/row-format.ts";
import type { Outcome, Row } from "./outputs/row.ts";
import type { RowSink } from "./row-sink.ts";
import type { Stats } from "./stats.ts";
import type { Item } from "./inputs/items.ts";

/** Input whose outcome is recorded. */
export interface Recorded {
  readonly item: Omit<Item, "content">;
  /** True where an earlier run's row has an error, and is done again. */
  readonly isAgain: boolean;
}

/** Turns outcomes of inputs into rows of the output, in any order, and counts them. */
export class Recorder {
  readonly sink: RowSink;
  readonly #format: RowFormat;
  readonly #stats: Stats;

  constructor(format: RowFormat, sink: RowSink, stats: Stats) {
    this.sink = sink;
    this.#format = format;
    this.#stats = stats;
  }

  /** Resolves when the output can take more. */
  record({ item, isAgain }: Recorded, outcome: Outcome): void | Promise<void> {
    const { index, kept, end } = item;
    const line = this.#lineOf({ index, kept, outcome });
    if (isAgain) this.#stats.countAgain();
    this.#stats.end = Math.max(this.#stats.end, end);
    return this.sink.put(index, line);
  }

  #lineOf(row: Row): string {
    let written = row;
    let line: string;
    try {
      line = this.#format.line(row);
    } catch (error) {
      // An output that the format cannot hold fails this input alone.
      written = { ...row, outcome: { error: toError(error) } };
      line = this.#format.line(written);
    }
    this.#stats.count(written.outcome);
    return line;
  }
}
