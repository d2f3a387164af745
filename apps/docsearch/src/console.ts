import type { Output } from "@batchwise/terminal";

/** Output to the user: results on one stream, notes on the other. */
export class Console {
  readonly results: Output;
  readonly notes: Output;

  /** `results` is usually standard output, and `notes` standard error. */
  constructor(results: Output, notes: Output) {
    this.results = results;
    this.notes = notes;
  }

  /** Columns of the terminal, at most 100; 80 without a terminal. */
  get width(): number {
    return Math.min(this.results.columns ?? 80, 100);
  }

  result(line: string = ""): void {
    this.results.write(`${line}\n`);
  }

  note(line: string): void {
    this.notes.write(`${line}\n`);
  }

  /** Writes a note with a name in its own column. */
  step(name: string, text: string): void {
    this.note(`${name.padEnd(11)} ${text}`);
  }
}
