/** Share of the last calls that are refused, below which a refusal that is over at once is none of a limit. */
const FEW = 0.15;
/** The same where some are known to be refused by chance, and refusals until it is over. */
const SOME = 0.25;

/** Refusals in a row. */
export class Streak {
  readonly since: number;
  /** Largest share of the last calls that was refused. */
  #share = 0;
  /** Calls that asked meanwhile and were refused. */
  #asked = 0;

  constructor(since: number) {
    this.since = since;
  }

  /**
   * True where it is of a limit, and not one refusal among many calls: a provider that is busy for a moment refuses so, too.
   *
   * @param isMixed whether some calls are known to be refused by chance
   */
  isLimit(isMixed: boolean): boolean {
    return this.#asked > (isMixed ? 1 : 0) || this.#share >= (isMixed ? SOME : FEW);
  }

  /** Takes over a refusal, after which `share` of the last calls was refused. */
  add(share: number): void {
    this.#share = Math.max(this.#share, share);
  }

  /** A call that asked was refused. */
  goOn(): void {
    this.#asked++;
  }
}
