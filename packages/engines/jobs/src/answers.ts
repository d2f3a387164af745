import { type JobRow, ResultError } from "@batchwise/core";
import type { Draft, DraftLine } from "./drafts.ts";
import { isFatal, isRetryable, notWorkedOn } from "./errors.ts";

/** What one call of the engine is going to be answered with: a slot for each input, filled once. */
export class Answers<Output> {
  readonly slots: (Output | Error)[];
  readonly #open: Set<number>;

  constructor(count: number) {
    this.slots = Array.from({ length: count }, () => undefined as Output);
    this.#open = new Set(this.slots.keys());
  }

  fill(position: number, outcome: Output | Error): void {
    if (this.#open.delete(position)) this.slots[position] = outcome;
  }

  /** Those of `positions` that have no outcome yet. */
  open(positions: readonly number[]): number[] {
    return positions.filter((position) => this.#open.has(position));
  }

  fillOpen(positions: readonly number[], error: Error): void {
    for (const position of this.open(positions)) this.fill(position, error);
  }
}

/** The rows of a job by their lines' ids. What comes twice is told by an error. */
export class Rows<Output> {
  inputTokens = 0;
  outputTokens = 0;
  readonly #outcomes = new Map<string, JobRow<Output>["outcome"]>();

  get size(): number {
    return this.#outcomes.size;
  }

  add({ id, outcome, inputTokens = 0, outputTokens = 0 }: JobRow<Output>): void {
    this.inputTokens += inputTokens;
    this.outputTokens += outputTokens;
    this.#outcomes.set(id, this.#outcomes.has(id) ? twice() : outcome);
  }

  outcomeOf(line: DraftLine): JobRow<Output>["outcome"] | undefined {
    return this.#outcomes.get(line.id);
  }
}

/**
 * Puts a job's rows into their slots. A line that was not worked on stays open.
 *
 * @returns the inputs of lines that one of their inputs spoilt: each has to go on a line of its own (P36)
 */
export function place<Output>(draft: Draft, rows: Rows<Output>, answers: Answers<Output>): number[] {
  const spoilt: number[] = [];
  for (const line of draft.lines) {
    const outcome = rows.outcomeOf(line);
    if (outcome === undefined) continue;
    const { positions } = line;
    if (!isList(outcome)) {
      const isOneToBlame = positions.length > 1 && !isRetryable(outcome) && !isFatal(outcome) && !isBroken(outcome);
      if (isOneToBlame) spoilt.push(...positions);
      else answers.fillOpen(positions, outcome);
    } else if (outcome.length === positions.length) {
      for (const [index, position] of positions.entries()) answers.fill(position, outcome[index] as Output | Error);
    } else answers.fillOpen(positions, miscounted(positions.length, outcome.length));
  }
  return spoilt;
}

/** What an input whose line has no row fails with (P31: it is never a success). */
export function reasonFor(reason: Error | undefined): Error {
  return reason === undefined || isRetryable(reason) ? notWorkedOn(reason) : reason;
}

function isList<Output>(outcome: JobRow<Output>["outcome"]): outcome is readonly (Output | Error)[] {
  return Array.isArray(outcome);
}

/** An answer that cannot be read is nobody's input's fault. */
function isBroken(error: Error): boolean {
  return ResultError.isInstance(error);
}

function twice(): ResultError {
  return new ResultError("Expected one row for a line of the job, came two: which one is right cannot be told.");
}

function miscounted(expected: number, came: number): ResultError {
  return new ResultError(`Expected ${expected} outputs in a row of the job, came ${came}.`);
}
