/** Calls by which it is seen whether a pace helps, and refusals among them that say so. */
const CALLS = 5;
const REFUSED = 3;
/** Refusals of calls that were sent in a row that say so later on. */
const IN_A_ROW = 5;
/** Calls over which the share of refusals is taken, and a share that no provider refuses by chance. */
const MEMORY = 50;
const MOST = 0.55;
/** Calls after which it did not help for long. */
const LONG = 50;

/** Trial of calls without a pace, where they have been refused with it for long: a provider that is busy refuses any. */
export class Trial {
  /** Time at which it began: other calls say nothing. */
  readonly since: number;
  #ended = 0;
  #refused = 0;
  #share = 0;
  /** Numbers of the last calls that were refused, in the order in which all were sent. */
  #last: readonly number[] = [];

  constructor(since: number) {
    this.since = since;
  }

  /** True while the first calls tell. */
  get isOpen(): boolean {
    return this.#ended < CALLS;
  }

  /** True where the pace has been of no use for long. */
  get isLong(): boolean {
    return this.#ended >= LONG;
  }

  /** A call got through, or is known not to be refused. */
  passed(): void {
    this.#ended++;
    this.#share -= this.#share / MEMORY;
  }

  /** A call was refused, the so manieth that was sent. Tells whether the pace helps after all. */
  refused(number: number): boolean {
    this.#ended++;
    this.#refused++;
    this.#share += (1 - this.#share) / MEMORY;
    this.#last = [...this.#last, number].slice(-IN_A_ROW);
    const isInARow = this.#last.length === IN_A_ROW && Math.max(...this.#last) - Math.min(...this.#last) < IN_A_ROW;
    return isInARow || this.#share > MOST || (this.#ended <= CALLS && this.#refused >= REFUSED);
  }
}
