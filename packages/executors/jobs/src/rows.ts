import { isDeepStrictEqual } from "node:util";
import { type JobRow, ProviderError, ResultError } from "@batchwise/core";
import { lineOf } from "./shard.ts";

/** Rows that cannot all be wrong by chance. */
const MANY = 5;

/** Rows of a job by their lines. An answer replaces a failure; another answer to a line makes an error of both. */
export class Rows<Output> {
  inputTokens = 0;
  outputTokens = 0;
  /** Lines that have a row. */
  size = 0;
  readonly #lines: number;
  /** Empty until there is a row: jobs whose rows are still to be read are many. */
  #outcomes: (JobRow<Output>["outcome"] | undefined)[] = [];
  /** Lines that have two answers. */
  readonly #doubled = new Set<number>();

  /** @param lines number of lines of the job */
  constructor(lines: number) {
    this.#lines = lines;
  }

  /** Error of a row, where there are many and none of them can be read as an answer: those of another job could not either. */
  get flaw(): Error | undefined {
    if (this.size < MANY) return undefined;
    let first: Error | undefined;
    for (const outcome of this.#outcomes) {
      const flaw: unknown = outcome !== undefined && isList(outcome) ? outcome[0] : outcome;
      if (outcome !== undefined && !isBroken(flaw) && !isOfNoForm(flaw)) return undefined;
      first ??= flaw as Error | undefined;
    }
    return first;
  }

  add({ id, outcome, inputTokens = 0, outputTokens = 0 }: JobRow<Output>): void {
    const line = lineOf(id);
    if (line < 0 || line >= this.#lines) return;
    if (this.size === 0) this.#outcomes = Array.from({ length: this.#lines }, () => undefined);
    const before = this.#outcomes[line];
    // A row that is there twice is one.
    if (isList(outcome) ? isDeepStrictEqual(before, outcome) : before !== undefined) return;
    this.inputTokens += inputTokens;
    this.outputTokens += outputTokens;
    if (before === undefined) this.size++;
    else if (isList(before)) this.#doubled.add(line);
    this.#outcomes[line] = this.#doubled.has(line) ? duplicate() : outcome;
  }

  outcomeOf(line: number): JobRow<Output>["outcome"] | undefined {
    return this.#outcomes[line];
  }
}

/** True for a row that has an outcome for each input, and not an error for all of them. */
export function isList<Output>(outcome: JobRow<Output>["outcome"]): outcome is readonly (Output | Error)[] {
  return Array.isArray(outcome);
}

/** True for an answer that cannot be read: no input is to blame for it. */
export function isBroken(outcome: unknown): boolean {
  return ResultError.isInstance(outcome);
}

/** True for an answer that is not even of the endpoint's form, although its status is good. */
function isOfNoForm(outcome: unknown): boolean {
  return ProviderError.isInstance(outcome) && outcome.status !== undefined && outcome.status < 300;
}

function duplicate(): ResultError {
  return new ResultError("Expected one row for each line of the job, got two for this one. Run the batch again.");
}
