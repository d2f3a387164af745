import { styleText } from "node:util";
import type { Progress } from "@batchwise/core";
import { openProgress, type Output, type ProgressView } from "@batchwise/terminal";

/** Output to the user: results on one stream, notes on the other. */
export class Console {
  readonly #results: Output;
  readonly #notes: Output;
  #view: ProgressView | undefined;

  /** `results` is usually standard output, and `notes` standard error. */
  constructor(results: Output, notes: Output) {
    this.#results = results;
    this.#notes = notes;
  }

  /** Columns of the terminal, at most 100; 80 without a terminal. */
  get width(): number {
    return Math.min(this.#results.columns ?? 80, 100);
  }

  /** Writes a line of the result. */
  result(line: string = ""): void {
    this.#results.write(`${line}\n`);
  }

  /** Writes a note. */
  note(line: string = ""): void {
    this.#notes.write(`${line}\n`);
  }

  /** Writes a note with a name in its own column. */
  step(name: string, text: string): void {
    this.note(`${name.padEnd(11)} ${text}`);
  }

  /** Emphasizes a text, on a terminal. */
  bold(text: string): string {
    return this.#results.isTTY === true ? styleText("bold", text) : text;
  }

  /** Dims a text, on a terminal. */
  dim(text: string): string {
    return this.#results.isTTY === true ? styleText("dim", text) : text;
  }

  /** Shows progress of `total` items until `endProgress`. */
  async startProgress(total: number): Promise<(progress: Progress) => void> {
    this.#view = await openProgress(this.#notes, true);
    return (progress) => {
      const { done, failed } = progress;
      // Failed items are not done: with a refused key, none is.
      this.#view?.update({ done: done - failed, total, failed, share: done / total, progress });
    };
  }

  endProgress(): void {
    this.#view?.stop();
    this.#view = undefined;
  }
}
