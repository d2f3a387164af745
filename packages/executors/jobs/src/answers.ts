import { isDeepStrictEqual } from "node:util";
import { type JobRow, ProviderError, ResultError } from "@batchwise/core";
import { isFatal, isRetryable, notWorkedOn } from "./errors.ts";
import type { Shard, ShardLine } from "./shards.ts";

/** Answers to one call of the engine: a slot for each input, filled once. */
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

  /** Filters `positions` for those without an outcome. */
  open(positions: readonly number[]): number[] {
    return positions.filter((position) => this.#open.has(position));
  }

  fillOpen(positions: readonly number[], error: Error): void {
    for (const position of this.open(positions)) this.fill(position, error);
  }
}

/** Rows that cannot all be wrong by chance. */
const MANY = 5;

/** Rows of a job by their lines' ids. An answer replaces a failure; another answer to a line makes an error of both. */
export class Rows<Output> {
  inputTokens = 0;
  outputTokens = 0;
  readonly #outcomes = new Map<string, JobRow<Output>["outcome"]>();
  readonly #answered = new Set<string>();

  get size(): number {
    return this.#outcomes.size;
  }

  /** Error of a row, where there are many and none of them can be read as an answer: those of another job could not either. */
  get flaw(): Error | undefined {
    if (this.size < MANY) return undefined;
    const flaws = [...this.#outcomes.values()].map((outcome) => (isList(outcome) ? outcome[0] : outcome));
    return flaws.every((each) => isBroken(each) || isOfNoForm(each)) ? (flaws[0] as Error) : undefined;
  }

  add({ id, outcome, inputTokens = 0, outputTokens = 0 }: JobRow<Output>): void {
    const before = this.#outcomes.get(id);
    // A row that is there twice is one.
    if (isList(outcome) ? isDeepStrictEqual(before, outcome) : before !== undefined) return;
    this.inputTokens += inputTokens;
    this.outputTokens += outputTokens;
    this.#outcomes.set(id, this.#answered.has(id) ? duplicate() : outcome);
    if (isList(outcome)) this.#answered.add(id);
  }

  outcomeOf(line: ShardLine): JobRow<Output>["outcome"] | undefined {
    return this.#outcomes.get(line.id);
  }
}

/**
 * Puts a job's rows into their slots. A line that was not worked on stays open.
 *
 * @returns inputs of lines that failed because of one of their inputs: each needs a line of its own (P36)
 */
export function place<Output>(shard: Shard, rows: Rows<Output>, answers: Answers<Output>): number[] {
  const toIsolate: number[] = [];
  for (const line of shard.lines) {
    const outcome = rows.outcomeOf(line);
    if (outcome === undefined) continue;
    const { positions } = line;
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

function isList<Output>(outcome: JobRow<Output>["outcome"]): outcome is readonly (Output | Error)[] {
  return Array.isArray(outcome);
}

/** True for an answer that cannot be read: no input is to blame for it. */
function isBroken(outcome: unknown): boolean {
  return ResultError.isInstance(outcome);
}

/** True for an answer that is not even of the endpoint's form, although its status is good. */
function isOfNoForm(outcome: unknown): boolean {
  return ProviderError.isInstance(outcome) && outcome.status !== undefined && outcome.status < 300;
}

function duplicate(): ResultError {
  return new ResultError("Expected one row for each line of the job, got two for this one. Run the batch again.");
}

function miscounted(expected: number, count: number): ResultError {
  return new ResultError(`Expected ${expected} outputs in a row of the job, got ${count}. Run the batch again.`);
}
