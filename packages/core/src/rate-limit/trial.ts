/** Calls that are sent few at a time, before it is known whether the pace helps. */
const CALLS = 5;
/** Calls after which it did not help for long. */
const LONG = 50;
/** Share of calls that a limit refuses where they go without a pace. */
const LIMITED = 0.9;
/** Least and largest share that are refused by chance. */
const LEAST = 0.05;
const MOST = 0.75;
/** Logarithms of the odds that it is a limit: at which it is taken for one, and which no number of answers passes. */
const SURE = 4;
const DOUBT = -4;

/**
 * Trial of calls without a pace, where they have been refused with it for long: a provider that is busy refuses any. Each
 * refusal makes it likelier that a limit refuses them, and each call that was not refused less so, the more the fewer were
 * refused with the pace.
 */
export class Trial {
  /** Time at which it began: other calls say nothing. */
  readonly since: number;
  /** Evidence of a refusal, which is added to the odds, and of a call that was not refused, which is taken away. */
  readonly #refusal: number;
  readonly #pass: number;

  #odds = 0;
  #ended = 0;
  /** Number of the last call that was refused, in the order in which all were sent: answers come later than refusals. */
  #last: number;

  /**
   * @param share share of the calls with the pace that was refused
   * @param number calls that were sent before it
   */

  constructor(since: number, share: number, number: number) {
    const chance = Math.min(Math.max(share, LEAST), MOST);
    this.since = since;

    this.#refusal = Math.log(LIMITED / chance);
    this.#pass = Math.log((1 - chance) / (1 - LIMITED));
    this.#last = number - 1;
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
  }

  /** A call was refused, the so manieth that was sent. Tells whether the pace helps after all. */
  refused(number: number): boolean {
    this.#ended++;
    const passed = Math.max(0, number - this.#last - 1);
    this.#last = Math.max(this.#last, number);
    this.#odds = Math.max(DOUBT, this.#odds - passed * this.#pass) + this.#refusal;
    return this.#odds >= SURE;
  }
}
