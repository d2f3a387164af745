import type { Weight } from "../options.ts";

/** How many mean deviations a request may weigh more than is expected of it. */
const CAUTION = 3;
/** By how much the first answer may mislead. */
const FIRST_DEVIATION = 0.04;
/** What is believed before it, in tokens: that the bound is what is counted. A single word must not outweigh it. */
const PRIOR = 200;
/** Which share of what was learnt an answer of the usual size takes the place of. */
const FORGETTING = 0.2;

/**
 * How many tokens the provider counts for each one that `weigh` says, learnt from the usage that answers report. With it
 * a cheap upper bound (UTF-8 bytes) packs as well as counting would.
 */
export class Calibration {
  /** Never above 1: weights are upper bounds. A little more than is expected, by as much as answers have differed. */
  factor = 1;
  #weighed = PRIOR;
  #used = PRIOR;
  #deviation = 0;
  #isFirst = true;

  /** An answer's request weighed so much and the provider counted so much. */
  observe(weighed: number, used: number): void {
    if (!(weighed > 0) || !(used > 0) || !Number.isFinite(used)) return;
    const expected = (weighed * this.#used) / this.#weighed;
    const deviation = this.#isFirst ? used * FIRST_DEVIATION : Math.abs(used - expected);
    this.#isFirst = false;
    // What is small says little: it takes little of the place.
    const kept = 1 - FORGETTING * Math.min(1, weighed / this.#weighed);
    this.#weighed = kept * this.#weighed + weighed;
    this.#used = kept * this.#used + used;
    this.#deviation = kept * this.#deviation + deviation;
    this.factor = Math.min(1, (this.#used + CAUTION * this.#deviation) / this.#weighed);
  }
}

const learnt = new WeakMap<(input: never) => Weight, Calibration>();

/** What has been learnt of this `weigh`, in every batch so far. */
export function calibrationOf(weigh: (input: never) => Weight): Calibration {
  const known = learnt.get(weigh);
  if (known !== undefined) return known;
  const made = new Calibration();
  learnt.set(weigh, made);
  return made;
}
