import { styleText } from "node:util";
import type { Progress } from "@batchwise/core";
import { openProgress, type Output, type ProgressView } from "@batchwise/terminal";

/** What the user sees: results on one stream, everything on the way to them on the other. */
export class Console {
  readonly #results: Output;
  readonly #notes: Output;
  #view: ProgressView | undefined;

  /** `results` is the process's standard output as a rule, `notes` its standard error. */
  constructor(results: Output, notes: Output) {
    this.#results = results;
    this.#notes = notes;
  }

  /** Columns to write in: the terminal's, at most 100; 80 where there is none. */
  get width(): number {
    return Math.min(this.#results.columns ?? 80, 100);
  }

  /** A line of the result. */
  result(line: string = ""): void {
    this.#results.write(`${line}\n`);
  }

  /** A line on the way. */
  note(line: string = ""): void {
    this.#notes.write(`${line}\n`);
  }

  /** A line on the way with a name before it, in a column of its own. */
  step(name: string, text: string): void {
    this.note(`${name.padEnd(11)} ${text}`);
  }

  /** Emphasis, on a terminal. */
  bold(text: string): string {
    return this.#results.isTTY === true ? styleText("bold", text) : text;
  }

  /** The opposite, on a terminal. */
  dim(text: string): string {
    return this.#results.isTTY === true ? styleText("dim", text) : text;
  }

  /** Shows progress of `total` items until `endProgress`. */
  async startProgress(total: number): Promise<(progress: Progress) => void> {
    this.#view = await openProgress(this.#notes, true);
    return (progress) => {
      const { done, failed } = progress;
      // Failed items are not done: where a key is refused, nothing is.
      this.#view?.update({ done: done - failed, total, failed, share: done / total, progress });
    };
  }

  endProgress(): void {
    this.#view?.stop();
    this.#view = undefined;
  }
}
