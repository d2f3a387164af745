import { Trial } from "./trial.ts";

/** Milliseconds of a pace after which calls go without it, to find out whether it helps; tripled each time that it does. */
const EVERY_MS = 90_000;
/** Refusals at a pace that has not grown, from which on it is not likely to help. */
const VAIN = 2;

/** Trials of whether a pace helps, and what they have shown. */
export class Trials {
  /** The one that goes on; undefined while there is a pace, or none is needed. Changed here alone. */
  current: Trial | undefined;
  /** True where a limit refuses calls, and others are refused by chance. Changed here alone. */
  isMixed = false;
  #everyMs = EVERY_MS;
  #pacedAt: number | undefined;
  #vain = 0;
  #hasFailed = false;

  /**
   * Takes over a refusal after calls that got through.
   *
   * @param isGrown whether it was at a higher pace than had been found: a limit does not refuse at nine tenths of itself
   * @param isSteady whether several calls got through at that pace: a limit that is still to be found lets one or two
   */
  refused(isGrown: boolean, isSteady: boolean): void {
    if (isGrown) this.#vain = 0;
    else if (isSteady) this.#vain++;
  }

  /** Begins one where it is time, with what a `Trial` is made of. Returns whether it did. */
  begin(now: number, share: number, number: number): boolean {
    this.#pacedAt ??= now;
    const isVain = this.#vain >= VAIN;
    this.isMixed ||= isVain && this.#hasFailed;
    if (now - this.#pacedAt < this.#everyMs && (!isVain || this.#hasFailed)) return false;
    this.#vain = 0;
    this.current = new Trial(now, share, number);
    return true;
  }

  /** Ends the one that goes on: the pace helps. */
  end(now: number): void {
    this.#everyMs = this.current?.isLong === true ? EVERY_MS : 3 * this.#everyMs;
    this.current = undefined;
    this.#hasFailed = true;
    this.#pacedAt = now;
  }
}
