import type { EncodedResult } from "../wire/result.ts";
import type { Answer, Letter } from "./letter.ts";

/** One who waits for a letter's answer, and what has come of it so far. */
export class Recipient {
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #results: (EncodedResult | undefined)[];
  readonly #reports: string[] = [];
  #missing: number;

  constructor({ inputs }: Letter, resolve: (answer: Answer) => void, reject: (reason: unknown) => void) {
    this.#results = Array.from({ length: inputs.length }, () => undefined);
    this.#missing = inputs.length;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  get isComplete(): boolean {
    return this.#missing === 0;
  }

  put(place: number, result: EncodedResult): void {
    if (this.#results[place] === undefined) this.#missing--;
    this.#results[place] = result;
  }

  /** What the worker said of a chunk that was worked on for this letter. */
  note(report: string): void {
    this.#reports.push(report);
  }

  resolve(): void {
    this.#resolve({ results: this.#results as EncodedResult[], reports: this.#reports });
  }

  reject(reason: unknown): void {
    this.#reject(reason);
  }
}
