import type { Weight } from "../../contract/runnable.ts";

/** First failure of some inputs, and what was known then. */
export interface Failing {
  readonly since: number;
  /** Calls of the stage that had been answered by then, and by the last failure. */
  readonly heard: number;
  last: number;
  /** Failures since then that were no refusals. */
  count: number;
  /** Failures of one input alone. */
  alone: number;
  /** True where another call was answered between the last two. */
  isOvertaken: boolean;
  /** Refusals by a rate limit since then. */
  refusals: number;
  /** True where one of them, or of those that they were sent with, got through alone. */
  readonly isAsked?: boolean | undefined;
}

/** Inputs of one call, with their places in the batch. The packer fills it; recovery picks from it and splits it. */
export class Chunk<Input> {
  readonly indexes: number[] = [];
  readonly inputs: Input[] = [];
  /** Inputs in it. */
  size = 0;
  /** Tokens of inputs and answers. */
  tokens = 0;
  /** Tokens among them that the answers may have at most, and inputs of which that is unknown. */
  outputTokens = 0;
  unbounded = 0;
  bytes = 0;
  /** Calls made so far for these inputs: counted by the caller. */
  attempts = 0;
  /** Calls among them that were tries after a retryable failure, the one that is waited for included: counted by retries. */
  retries = 0;
  /** Answers of the wrong shape among them. */
  wrong = 0;
  /** True where the last call for them took too long: another may, too. Set with each failure. */
  isSlow: boolean = false;
  /** Since when they fail at a provider that fails itself or refuses by a rate limit; set at the first such failure. */
  failing: Failing | undefined;
  readonly #weights: (Weight | undefined)[] = [];

  add(index: number, input: Input, weight?: Weight): void {
    this.indexes.push(index);
    this.inputs.push(input);
    this.#weights.push(weight);
    this.size++;
    if (weight?.outputTokens === undefined) this.unbounded++;
    if (weight === undefined) return;
    this.tokens += (weight.tokens ?? 0) + (weight.outputTokens ?? 0);
    this.outputTokens += weight.outputTokens ?? 0;
    this.bytes += weight.bytes ?? 0;
  }

  /** Counts the inputs, from the first one, that weigh no more than `tokens` and `bytes` together. */
  countWithin(tokens: number, bytes: number = Infinity): number {
    let total = 0;
    let length = 0;
    const over = this.#weights.findIndex((weight) => {
      total += (weight?.tokens ?? 0) + (weight?.outputTokens ?? 0);
      length += weight?.bytes ?? 0;
      return total > tokens || length > bytes;
    });
    return over === -1 ? this.size : over;
  }

  /** A chunk of its own for the inputs at `positions`; it has the history of this one. */
  pick(positions: Iterable<number>): Chunk<Input> {
    const picked = new Chunk<Input>();
    picked.attempts = this.attempts;
    picked.retries = this.retries;
    picked.wrong = this.wrong;
    if (this.failing !== undefined) picked.failing = { ...this.failing };
    for (const position of positions) {
      picked.add(this.indexes[position] as number, this.inputs[position] as Input, this.#weights[position]);
    }
    return picked;
  }

  /** The same for all the others. */
  without(positions: readonly number[]): Chunk<Input> {
    return this.pick([...range(0, this.size)].filter((each) => !positions.includes(each)));
  }

  /** So many inputs, each alone and far apart (the first, the last, and others evenly between), and a chunk of the rest. */
  single(count: number): [Chunk<Input>[], Chunk<Input>] {
    const length = Math.min(count, this.size);
    const step = (this.size - 1) / Math.max(1, length - 1);
    const places = Array.from({ length }, (_, each) => Math.round(each * step));
    return [places.map((place) => this.pick([place])), this.without(places)];
  }

  /** Two chunks, the first with the smaller or equal half. */
  halves(): [Chunk<Input>, Chunk<Input>] {
    return this.cut(this.size >> 1);
  }

  /** So many chunks of about the same size. */
  parts(count: number): Chunk<Input>[] {
    const place = (part: number): number => Math.floor((part * this.size) / count);
    return Array.from({ length: count }, (_, part) => this.pick(range(place(part), place(part + 1))));
  }

  /** Two chunks, the first with `count` inputs. */
  cut(count: number): [Chunk<Input>, Chunk<Input>] {
    return [this.pick(range(0, count)), this.pick(range(count, this.size))];
  }

  /** One chunk for the inputs of both; it has the history of this one. */
  join(other: Chunk<Input>): Chunk<Input> {
    const joined = this.pick(range(0, this.size));
    for (let position = 0; position < other.size; position++) {
      joined.add(other.indexes[position] as number, other.inputs[position] as Input, other.#weights[position]);
    }
    return joined;
  }
}

/** One of `size` places, far from those for lower numbers. */
export function farApart(number: number, size: number): number {
  return Math.floor(((number * GOLDEN) % 1) * size);
}

/** Share of all by which one place lies behind another: the golden section comes near none that was there before. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

function* range(from: number, to: number): Iterable<number> {
  for (let each = from; each < to; each++) yield each;
}
