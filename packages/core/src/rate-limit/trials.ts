import type { Spacing } from "./spacing.ts";
import { Trial } from "./trial.ts";

/** Milliseconds of a pace after which calls go without it, to find out whether it helps; tripled each time that it does. */
const EVERY_MS = 90_000;
/** Refusals at a pace that should be low enough, from which on it is not likely to help. */
const VAIN = 2;
/** Calls, and milliseconds, by which a rate is known. */
export const ENOUGH = 5;
const LONG_MS = 10_000;

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
  /** Most calls in a millisecond that got through between two refusals. */
  #best = 0;

  /**
   * Takes over a refusal at a pace at which `calls` got through within `ms` milliseconds. A limit does not refuse at nine
   * tenths of itself, and not at half of what got through before. Before it is found, it lets one or two calls through.
   */
  refused({ perMs = Infinity, isGrown }: Pick<Spacing, "perMs" | "isGrown">, calls: number, ms: number): void {
    if (isGrown && perMs > this.#best / 2) this.#vain = 0;
    else if (calls >= ENOUGH) this.#vain++;
    if (calls >= ENOUGH && ms >= LONG_MS) this.#best = Math.max(this.#best, calls / ms);
  }

  /** Begins one where it is time, with what a `Trial` is made of. Returns whether it did. */
  begin(now: number, share: number, number: number): boolean {
    this.#pacedAt ??= now;
    const isVain = this.#vain >= VAIN;
    this.isMixed ||= isVain && this.#hasFailed;
    if (now - this.#pacedAt < this.#everyMs && (!isVain || this.#hasFailed)) return false;
    this.#vain = 0;
    this.current = new Trial(share, number);
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
