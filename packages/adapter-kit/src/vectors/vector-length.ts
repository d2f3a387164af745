/** Votes for a length that make it sure. */
const SURE = 2;

/**
 * Length that all vectors of one Runnable have: the one that was asked for or, without it, the one that most vectors so
 * far have had. A vector that comes alone has no siblings that it could be held against.
 */
export class VectorLength {
  readonly #asked: number | undefined;
  readonly #votes = new Map<number, number>();

  /** @param dimensions that were asked for */
  constructor(dimensions?: number) {
    this.#asked = dimensions;
  }

  /** The length, while it is sure. */
  get known(): number | undefined {
    if (this.#asked !== undefined) return this.#asked;
    const [first, second] = [...this.#votes].toSorted(([, left], [, right]) => right - left);
    if (first === undefined || first[1] < SURE) return undefined;
    return first[1] > 2 * (second?.[1] ?? 0) ? first[0] : undefined;
  }

  /** Takes over that `count` vectors of one answer, more than half of them, have this length. */
  vote(length: number, count: number): void {
    this.#votes.set(length, (this.#votes.get(length) ?? 0) + count);
  }
}
