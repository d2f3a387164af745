import type { EncodedResult } from "../wire/result.ts";
import type { Answer, Submission } from "./submission.ts";

/** Submission without its whole answer so far. */
export class PendingSubmission {
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #results: (EncodedResult | undefined)[];
  readonly #reports: string[] = [];
  #missing: number;

  constructor({ inputs }: Submission, resolve: (answer: Answer) => void, reject: (reason: unknown) => void) {
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

  /** Adds the report of a chunk that was worked on for this submission. */
  addReport(report: string): void {
    this.#reports.push(report);
  }

  resolve(): void {
    this.#resolve({ results: this.#results as EncodedResult[], reports: this.#reports });
  }

  reject(reason: unknown): void {
    this.#reject(reason);
  }
}
