/** Calls by which it is seen whether a pace helps, and refusals among them that say so. */
const CALLS = 5;
const REFUSED = 3;
/** Refusals in a row that say so later on. */
const IN_A_ROW = 5;
/** Calls after which it did not help for long. */
const LONG = 50;

/** Trial of calls without a pace, where they have been refused with it for long: a provider that is busy refuses any. */
export class Trial {
  #ended = 0;
  #refused = 0;
  #inARow = 0;

  /** True while the first calls tell. */
  get isOpen(): boolean {
    return this.#ended < CALLS;
  }

  /** True where the pace has been of no use for long. */
  get isLong(): boolean {
    return this.#ended >= LONG;
  }

  passed(): void {
    this.#ended++;
    this.#inARow = 0;
  }

  /** A call was refused. Tells whether the pace helps after all. */
  refused(): boolean {
    this.#ended++;
    this.#refused++;
    this.#inARow++;
    return (this.#ended <= CALLS && this.#refused >= REFUSED) || this.#inARow >= IN_A_ROW;
  }
}
