import { isDeepStrictEqual } from "node:util";
import { type JobRow, ProviderError, ResultError } from "@batchwise/core";
import { isFatal, isRetryable, notWorkedOn } from "./errors.ts";
import { lineOf, type Shard } from "./shards.ts";

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

/** Counts inputs with an output, and those with an error; the others were not worked on. */
export function countRows<Output>(shard: Shard, rows: Rows<Output>): { answered: number; failed: number } {
  let answered = 0;
  let failed = 0;
  for (let line = 0; line < shard.lines; line++) {
    const outcome = rows.outcomeOf(line);
    if (outcome === undefined) continue;
    const { length } = shard.positionsOf(line);
    const outputs =
      isList(outcome) && outcome.length === length ? outcome.filter((each) => !(each instanceof Error)) : [];
    answered += outputs.length;
    failed += length - outputs.length;
  }
  return { answered, failed };
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
