import type { Weight } from "../options.ts";

/** The inputs of one call, with their places in the batch. `pack` fills it; `recover` picks from it and splits it. */
export class Request<Input> {
  readonly indexes: number[] = [];
  readonly inputs: Input[] = [];
  tokens = 0;
  bytes = 0;
  /** Calls made so far for these inputs. */
  attempts = 0;
  /** How many of them were tries after a retryable failure. */
  retries = 0;
  readonly #weights: (Weight | undefined)[] = [];

  get size(): number {
    return this.inputs.length;
  }

  add(index: number, input: Input, weight?: Weight): void {
    this.indexes.push(index);
    this.inputs.push(input);
    this.#weights.push(weight);
    if (weight === undefined) return;
    this.tokens += weight.tokens ?? 0;
    this.bytes += weight.bytes ?? 0;
  }

  /** How many inputs, from the first one, weigh no more than `tokens` together. */
  countWithin(tokens: number): number {
    let total = 0;
    const over = this.#weights.findIndex((weight) => (total += weight?.tokens ?? 0) > tokens);
    return over === -1 ? this.size : over;
  }

  /** A request of its own for the inputs at `positions`; it has the history of this one. */
  pick(positions: Iterable<number>): Request<Input> {
    const picked = new Request<Input>();
    picked.attempts = this.attempts;
    picked.retries = this.retries;
    for (const position of positions) {
      picked.add(this.indexes[position] as number, this.inputs[position] as Input, this.#weights[position]);
    }
    return picked;
  }

  /** Two requests, the first with the smaller or equal half. */
  halves(): [Request<Input>, Request<Input>] {
    return this.cut(this.size >> 1);
  }

  /** Two requests, the first with `count` inputs. */
  cut(count: number): [Request<Input>, Request<Input>] {
    return [this.pick(range(0, count)), this.pick(range(count, this.size))];
  }

  /** One request for the inputs of both; it has the history of this one. */
  join(other: Request<Input>): Request<Input> {
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
