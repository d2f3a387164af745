import { ResultError } from "@batchwise/core";
import { isFatal, isRetryable, notWorkedOn } from "./errors.ts";
import { isBroken, isList, type Rows } from "./rows.ts";
import type { Shard } from "./shard.ts";

/** Answers to one call of the engine: a slot for each input, filled once. */
export class Answers<Output> {
  readonly slots: (Output | Error)[];
  /** 1 where a slot is filled: an output may be undefined. */
  readonly #isFilled: Uint8Array;

  constructor(count: number) {
    this.slots = Array.from({ length: count }, () => undefined as Output);
    this.#isFilled = new Uint8Array(count);
  }

  fill(position: number, outcome: Output | Error): void {
    if (this.#isFilled[position] === 1) return;
    this.#isFilled[position] = 1;
    this.slots[position] = outcome;
  }

  /** Filters `positions` for those without an outcome. */
  open(positions: Iterable<number>): number[] {
    return Array.from(positions).filter((position) => this.#isFilled[position] === 0);
  }

  fillOpen(positions: Iterable<number>, error: Error): void {
    for (const position of this.open(positions)) this.fill(position, error);
  }
}

/**
 * Puts a job's rows into their slots. A line that was not worked on stays open.
 *
 * @returns inputs of lines that failed because of one of their inputs: each needs a line of its own (P36)
 */
export function place<Output>(shard: Shard, rows: Rows<Output>, answers: Answers<Output>): number[] {
  const toIsolate: number[] = [];
  for (let line = 0; line < shard.lines; line++) {
    const outcome = rows.outcomeOf(line);
    if (outcome === undefined) continue;
    const positions = shard.positionsOf(line);
    if (!isList(outcome)) {
      const isOneToBlame = positions.length > 1 && !isRetryable(outcome) && !isFatal(outcome) && !isBroken(outcome);
      if (isOneToBlame) toIsolate.push(...positions);
      else answers.fillOpen(positions, outcome);
    } else if (outcome.length === positions.length) {
      for (const [index, position] of positions.entries()) answers.fill(position, outcome[index] as Output | Error);
    } else answers.fillOpen(positions, miscounted(positions.length, outcome.length));
  }
  return toIsolate;
}

/** Error of an input whose line has no row (P31: it is never a success). */
export function reasonFor(reason: Error | undefined): Error {
  return reason === undefined || isRetryable(reason) ? notWorkedOn(reason) : reason;
}

function miscounted(expected: number, count: number): ResultError {
  return new ResultError(`Expected ${expected} outputs in a row of the job, got ${count}. Run the batch again.`);
}
