import { createHash } from "node:crypto";
import type { InputError, JobLine } from "@batchwise/core";
import type { JobTerms } from "./job-terms.ts";

/**
 * Part of a call's inputs that one job takes. The text of its lines is written on request, and not kept; a line is a
 * number, which is its id too, so that a job of 50,000 inputs takes two lists of numbers, of four bytes each.
 */
export interface Shard {
  /** Number of lines. Their ids are 0, 1 and so on. */
  readonly lines: number;
  /** Positions of all its inputs among the call's, in the order of the lines. */
  readonly positions: Uint32Array;
  readonly tokens: number;
  /** Hash of the backend's identity and of every line: a job with the same key gives the same answers. */
  readonly key: string;
  /** Positions of a line's inputs among the call's; none of a line that it does not have. */
  positionsOf(line: number): readonly number[];
  write(): JobLine[];
}

/** Limits of a shard, and how its inputs are measured. */
export interface ShardLimits<Input> extends Pick<JobTerms<Input, unknown>, "backend" | "caps" | "weigh"> {
  /** Called for an input that does not fit into any job. */
  readonly refuse: (position: number, error: InputError) => void;
}

interface WrittenLine {
  readonly positions: readonly number[];
  readonly text: string;
  readonly bytes: number;
  readonly tokens: number;
}

/** Shard that lines are added to, one after another. */
export class ShardBuilder<Input> {
  readonly #inputs: readonly Input[];
  readonly #limits: ShardLimits<Input>;
  /** Number of positions up to the end of each line. */
  #ends: number[] = [];
  #positions: number[] = [];
  #hash = createHash("sha256");
  #bytes = 0;
  #tokens = 0;

  constructor(inputs: readonly Input[], limits: ShardLimits<Input>) {
    this.#inputs = inputs;
    this.#limits = limits;
    this.#begin();
  }

  get lines(): number {
    return this.#ends.length;
  }

  /** Writes a line. Its id is its position in the job, so that the key does not depend on what else the call holds. */
  write(positions: readonly number[]): WrittenLine {
    const part = pick(this.#inputs, positions);
    const line = this.#limits.backend.line(part, String(this.lines));
    const tokens = part.reduce((sum, input) => sum + (this.#limits.weigh(input).tokens ?? 0), 0);
    return { positions, text: line.text, bytes: bytesOf(line), tokens };
  }

  /** Tells whether the shard takes a line. One that exceeds a cap by itself gets a shard of its own. */
  fits(line: WrittenLine): boolean {
    const { lines = Infinity, bytes = Infinity, inputs = Infinity, enqueuedTokens = Infinity } = this.#limits.caps;
    if (this.lines === 0) return true;
    return (
      this.lines < lines &&
      this.#bytes + line.bytes <= bytes &&
      this.#positions.length + line.positions.length <= inputs &&
      this.#tokens + line.tokens <= enqueuedTokens
    );
  }

  add({ positions, text, bytes, tokens }: WrittenLine): void {
    for (const position of positions) this.#positions.push(position);
    this.#ends.push(this.#positions.length);
    this.#bytes += bytes;
    this.#tokens += tokens;
    this.#hash.update("\n").update(text);
  }

  /** Ends the shard, and begins the next one: nothing of this one is kept here while its job runs. */
  finish(): Shard {
    const { backend } = this.#limits;
    const inputs = this.#inputs;
    const tokens = this.#tokens;
    const key = this.#hash.digest("hex").slice(0, 32);
    const [ends, positions] = [Uint32Array.from(this.#ends), Uint32Array.from(this.#positions)];
    const positionsOf = (line: number): number[] => [...positions.subarray(ends[line - 1] ?? 0, ends[line] ?? 0)];
    const textOf = (line: number, id: string): string => backend.line(pick(inputs, positionsOf(line)), id).text;
    this.#begin();
    return {
      lines: ends.length,
      positions,
      tokens,
      key,
      positionsOf,
      write: () => Array.from(ends, (_, line) => new LineToWrite(line, textOf)),
    };
  }

  #begin(): void {
    [this.#ends, this.#positions, this.#bytes, this.#tokens] = [[], [], 0, 0];
    this.#hash = createHash("sha256").update(this.#limits.backend.identity);
  }
}

/**
 * Line that is written when it is read: the texts of 50,000 lines need not be there at once. Getters of the class take a
 * fifth of the memory that those of each object would.
 */
class LineToWrite implements JobLine {
  readonly #line: number;
  readonly #textOf: (line: number, id: string) => string;

  constructor(line: number, textOf: (line: number, id: string) => string) {
    this.#line = line;
    this.#textOf = textOf;
  }

  get id(): string {
    return String(this.#line);
  }

  get text(): string {
    return this.#textOf(this.#line, this.id);
  }

  toJSON(): JobLine {
    return { id: this.id, text: this.text };
  }
}

/** Line of an id; -1 for one that is no line's. */
export function lineOf(id: string): number {
  const line = Number(id);
  return Number.isSafeInteger(line) && line >= 0 && String(line) === id ? line : -1;
}

/** Id of the greatest length that there is. */
export const LONGEST_ID = "0000000";

/** Bytes of a line as it is written, with its newline. */
export function bytesOf({ text }: JobLine): number {
  return Buffer.byteLength(text) + 1;
}

/** Inputs at these positions. */
export function pick<Input>(inputs: readonly Input[], positions: readonly number[]): Input[] {
  return positions.map((position) => inputs[position] as Input);
}
