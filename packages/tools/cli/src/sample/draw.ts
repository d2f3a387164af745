import { hash } from "node:crypto";

/**
 * Draws values of a source of unknown length at random, each with the same chance: those whose position and the seed have
 * the smallest hashes. The same seed draws the same positions.
 */
export class Draw<T> {
  readonly #size: number;
  readonly #seed: number;
  /** By their ranks. */
  readonly #drawn: Drawn<T>[] = [];
  #count = 0;

  constructor(size: number, seed: number) {
    this.#size = size;
    this.#seed = seed;
  }

  add(value: T): void {
    const position = this.#count++;
    const rank = hash("sha256", `${this.#seed}:${position}`, "buffer").readUIntBE(0, 6);
    if (this.#drawn.length === this.#size && rank >= (this.#drawn.at(-1)?.rank ?? 0)) return;
    const at = this.#drawn.findIndex((other) => other.rank > rank);
    this.#drawn.splice(at < 0 ? this.#drawn.length : at, 0, { rank, position, value });
    this.#drawn.length = Math.min(this.#drawn.length, this.#size);
  }

  /** Values in the order of the source. */
  get values(): T[] {
    return this.#drawn.toSorted((one, other) => one.position - other.position).map(({ value }) => value);
  }
}

interface Drawn<T> {
  readonly rank: number;
  readonly position: number;
  readonly value: T;
}
