import type { Weight } from "../../contract/runnable.ts";

/** Inputs of one call, with their places in the batch. The packer fills it; recovery picks from it and splits it. */
export class Chunk<Input> {
  readonly indexes: number[] = [];
  readonly inputs: Input[] = [];
  /** Inputs in it. */
  size = 0;
  tokens = 0;
  bytes = 0;
  /** Calls made so far for these inputs: counted by the caller. */
  attempts = 0;
  /** Calls among them that were tries after a retryable failure, the one that is waited for included: counted by retries. */
  retries = 0;
  readonly #weights: (Weight | undefined)[] = [];

  add(index: number, input: Input, weight?: Weight): void {
    this.indexes.push(index);
    this.inputs.push(input);
    this.#weights.push(weight);
    this.size++;
    if (weight === undefined) return;
    this.tokens += weight.tokens ?? 0;
    this.bytes += weight.bytes ?? 0;
  }

  /** Counts the inputs, from the first one, that weigh no more than `tokens` together. */
  countWithin(tokens: number): number {
    let total = 0;
    const over = this.#weights.findIndex((weight) => (total += weight?.tokens ?? 0) > tokens);
    return over === -1 ? this.size : over;
  }

  /** A chunk of its own for the inputs at `positions`; it has the history of this one. */
  pick(positions: Iterable<number>): Chunk<Input> {
    const picked = new Chunk<Input>();
    picked.attempts = this.attempts;
    picked.retries = this.retries;
    for (const position of positions) {
      picked.add(this.indexes[position] as number, this.inputs[position] as Input, this.#weights[position]);
    }
    return picked;
  }

  /** Two chunks, the first with the smaller or equal half. */
  halves(): [Chunk<Input>, Chunk<Input>] {
    return this.cut(this.size >> 1);
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

function* range(from: number, to: number): Iterable<number> {
  for (let each = from; each < to; each++) yield each;
}
