import { hashPair, mix } from "./content/hash.ts";

/** Random numbers that follow from the seed, the request's number and the question alone. */
export class Dice {
  readonly #state: number;

  constructor(seed: number, requestNumber: number) {
    this.#state = mix(mix(seed | 0) ^ Math.imul(requestNumber, 0x9e3779b1));
  }

  /** A number in [0, 1), the same for the same question. */
  roll(question: string): number {
    return (mix(this.#state ^ hashPair(question)[0]) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to `count` - 1. */
  pick(question: string, count: number): number {
    return Math.floor(this.roll(question) * count);
  }
}
