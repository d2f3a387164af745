import { hashPair, mix } from "./content/hash.ts";

/** Chance that depends on the seed, the request's number and what is asked, and on nothing else. */
export class Dice {
  readonly #state: number;

  constructor(seed: number, requestNumber: number) {
    this.#state = mix(mix(seed | 0) ^ Math.imul(requestNumber, 0x9e3779b1));
  }

  /** A number in [0, 1), the same whenever the same is asked. */
  roll(what: string): number {
    return (mix(this.#state ^ hashPair(what)[0]) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0, below `count`. */
  pick(what: string, count: number): number {
    return Math.floor(this.roll(what) * count);
  }
}
