import type { Writable } from "node:stream";
import { openProgress, type ProgressView, type Standing } from "@batchwise/terminal";
import { wrapped } from "./terminal-width.ts";

/** Notes and progress that a run shows to its user. */
export class Notes {
  readonly #stream: Writable;
  readonly #isQuiet: boolean;
  #view: ProgressView | undefined;

  constructor(stream: Writable, isQuiet: boolean) {
    this.#stream = stream;
    this.#isQuiet = isQuiet;
    // The reader of the notes may stop reading them.
    stream.on("error", ignore);
  }

  /** Writes lines, which break between words where the terminal is too narrow. */
  say(lines: string | undefined): void {
    if (lines === undefined || this.#isQuiet) return;
    const text = wrapped(lines, this.#stream);
    if (this.#view === undefined) this.#stream.write(`${text}\n`);
    else this.#view.note(text);
  }

  /** Shows progress until `stopProgress`. */
  async startProgress(isMeasured: boolean): Promise<(standing: Standing) => void> {
    if (this.#isQuiet) return ignore;
    const view = await openProgress(this.#stream, isMeasured);
    this.#view = view;
    return (standing) => view.update(standing);
  }

  stopProgress(): void {
    this.#view?.stop();
    this.#view = undefined;
  }

  close(): void {
    this.#stream.off("error", ignore);
  }
}

function ignore(): void {
  // The notes have no reader any more.
}
