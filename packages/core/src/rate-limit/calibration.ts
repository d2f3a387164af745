import type { Weight } from "../contract/runnable.ts";

/** Mean deviations that a chunk may weigh more than is expected of it. */
const CAUTION = 3;
/** Share by which the first answer may mislead. */
const FIRST_DEVIATION = 0.04;
/** Tokens believed before it: that the bound is what is counted. A single word must not outweigh it. */
const PRIOR = 200;
/** Share of what was learned that an answer of the usual size replaces. */
const FORGETTING = 0.2;

/**
 * Tokens that the provider counts for each one that `weigh` says, learned from the usage that answers report. With it
 * a cheap upper bound (UTF-8 bytes) packs as well as counting would.
 */
export class Calibration {
  /** Never above 1: weights are upper bounds. A little more than is expected, by as much as answers have differed. */
  factor = 1;
  #weighed = PRIOR;
  #used = PRIOR;
  #deviation = 0;
  #isFirst = true;

  /** Learns from an answer: its chunk weighed so much, and the provider counted so much. */
  observe(weighed: number, used: number): void {
    if (!(weighed > 0) || !(used > 0) || !Number.isFinite(used)) return;
    const expected = (weighed * this.#used) / this.#weighed;
    const deviation = this.#isFirst ? used * FIRST_DEVIATION : Math.abs(used - expected);
    this.#isFirst = false;
    // A small answer says little: it replaces little.
    const kept = 1 - Math.min(FORGETTING, weighed / this.#weighed);
    this.#weighed = kept * this.#weighed + weighed;
    this.#used = kept * this.#used + used;
    this.#deviation = kept * this.#deviation + deviation;
    this.factor = Math.min(1, (this.#used + CAUTION * this.#deviation) / this.#weighed);
  }
}

const learned = new WeakMap<(input: never) => Weight, Calibration>();

/** Calibration of a `weigh`, learned in every batch so far. */
export function calibrationOf(weigh: (input: never) => Weight): Calibration {
  const known = learned.get(weigh);
  if (known !== undefined) return known;
  const made = new Calibration();
  learned.set(weigh, made);
  return made;
}
