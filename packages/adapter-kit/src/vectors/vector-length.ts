/** Votes for a length that make it sure. */
const SURE = 2;

/**
 * Length that all vectors of one Runnable have: the one that was asked for or, without it, the one that its answers have
 * shown. A vector that comes alone has no siblings that it could be held against.
 */
export class VectorLength {
  readonly #votes = new Map<number, number>();
  #known: number | undefined;

  /** @param dimensions that were asked for */
  constructor(dimensions?: number) {
    this.#known = dimensions;
  }

  /** The length, once it is sure. */
  get known(): number | undefined {
    return this.#known;
  }

  /** Takes over that `count` vectors of one answer, more than half of them, have this length. */
  vote(length: number, count: number): void {
    const votes = (this.#votes.get(length) ?? 0) + count;
    this.#votes.set(length, votes);
    const others = [...this.#votes].filter(([other]) => other !== length).map(([, each]) => each);
    if (votes >= SURE && votes > 2 * Math.max(0, ...others)) this.#known ??= length;
  }
}
