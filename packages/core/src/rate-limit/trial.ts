/** Calls that are sent few at a time, before it is known whether the pace helps. */
const CALLS = 5;
/** Calls after which it did not help for long. */
const LONG = 50;
/** Share of calls that a limit refuses where they go without a pace. */
const LIMITED = 0.9;
/** Least and largest share that are refused by chance. */
const LEAST = 0.05;
const MOST = 0.5;
/** Logarithms of the odds that it is a limit: at which it is taken for one, and which no number of answers passes. */
const SURE = 4;
const DOUBT = -4;

/** Call of a trial: whether it was refused, as far as that is known. */
interface Call {
  readonly sentAt: number;
  isRefused: boolean | undefined;
}

/**
 * Trial of calls without a pace, where they have been refused with it for long: a provider that is busy refuses any. Each
 * refusal makes it likelier that a limit refuses them, and each call that was not refused less so, the more the fewer were
 * refused with the pace. Calls are counted in the order in which they were sent: answers come later than refusals.
 */
export class Trial {
  /** Evidence of a refusal, which is added to the odds, and of a call that was not refused, which is taken away. */
  readonly #refusal: number;
  readonly #pass: number;
  #odds = 0;
  #ended = 0;
  /** Calls that have not been counted, and the number of the first. */
  readonly #calls: Call[] = [];
  #first: number;

  /**
   * @param share share of the calls with the pace that was refused
   * @param first number of its first call
   */
  constructor(share: number, first: number) {
    const chance = Math.min(Math.max(share, LEAST), MOST);
    this.#refusal = Math.log(LIMITED / chance);
    this.#pass = Math.log((1 - chance) / (1 - LIMITED));
    this.#first = first;
  }

  /** True while the first calls tell. */
  get isOpen(): boolean {
    return this.#ended < CALLS;
  }

  /** True where the pace has been of no use for long. */
  get isLong(): boolean {
    return this.#ended >= LONG;
  }

  sent(now: number): void {
    this.#calls.push({ sentAt: now, isRefused: undefined });
  }

  /**
   * Takes over the end of the call `number`. Tells whether the pace helps after all.
   *
   * @param admittedAt time such that calls which were sent before were not refused, though they have no answer yet
   */
  ended(number: number, isRefused: boolean, admittedAt: number): boolean {
    // What was sent before the trial says nothing of it.
    const call = this.#calls[number - this.#first];
    if (call === undefined) return false;
    this.#ended++;
    call.isRefused = isRefused;
    for (let next; (next = this.#calls[0]) !== undefined; this.#first++) {
      if (next.isRefused === undefined && next.sentAt > admittedAt) break;
      this.#odds = this.#after(this.#odds, next);
      this.#calls.shift();
    }
    // Where a later call was refused already, the others are likely to have got through.
    const last = this.#calls.findLastIndex((each) => each.isRefused === true);
    const odds = this.#calls.slice(0, last + 1).reduce((so, each) => this.#after(so, each), this.#odds);
    return odds >= SURE;
  }

  #after(odds: number, { isRefused }: Call): number {
    return Math.max(DOUBT, odds + (isRefused === true ? this.#refusal : -this.#pass));
  }
}
