/** Share of the last calls that are refused, below which a refusal that is over at once is none of a limit. */
const FEW = 0.15;

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

  /** True where it is of a limit, and not one refusal among many calls: a provider that is busy for a moment refuses so, too. */
  get isLimit(): boolean {
    return this.#asked > 0 || this.#share >= FEW;
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
