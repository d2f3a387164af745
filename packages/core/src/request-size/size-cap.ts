/** Chunks at the cap before a size between it and the smallest that was too large is tried. */
const CHUNKS_TO_GROW = 10;
/** The same before twice as many inputs are tried, where nothing is left between; doubled each time. */
const CHUNKS_TO_DOUBLE = 50;
/** Share of the cap by which a size has to be larger to be worth a try. */
const WORTH_SHARE = 1 / 40;

/** Size that a backend has been found to take, where it does not say so. It is tried in time whether it takes more. */
export class SizeCap {
  /** Inputs in a chunk at most: a size that passed. */
  most: number = Infinity;
  /** True where it is a rate limit that refuses what is larger. */
  isOfLimit = false;
  #tooLarge = Infinity;
  #taken = 0;
  #untilDoubled = CHUNKS_TO_DOUBLE;
  #suggested: number | undefined;
  #largest: number;
  /** Requests larger than that which were refused. */
  #refused = 0;

  /** @param largest inputs of the largest request that has passed */
  constructor(largest: number) {
    this.#largest = largest;
  }

  /**
   * A request of `size` inputs failed and passed in parts of at most `passed`: believed of the second one, or where none
   * as large has ever passed.
   *
   * @param isPart true for a part of a request, of which only the second one is believed. @default false
   */
  suggest(size: number, passed: number, isPart: boolean = false): void {
    if (this.#suggested !== undefined || (!isPart && size > this.#largest))
      this.limit(size, Math.max(passed, this.#suggested ?? 0));
    this.#suggested = passed;
  }

  /**
   * The backend takes no request of `size` inputs.
   *
   * @param passed inputs of a request that it takes. @default the cap where it is smaller, else half of `size`
   */
  limit(size: number, passed: number = this.most < size ? this.most : Math.ceil(size / 2)): void {
    if (size >= this.#tooLarge && passed >= this.most) return;
    this.#tooLarge = Math.min(this.#tooLarge, size);
    this.most = Math.max(1, Math.min(this.most, passed, size - 1));
    this.#taken = 0;
  }

  /** Inputs of the next chunk that would be larger. */
  next(): number {
    const { most } = this;
    this.#taken++;
    const between = (most + this.#tooLarge) >> 1;
    if (between - most > most * WORTH_SHARE) return this.#taken % CHUNKS_TO_GROW === 0 ? between : most;
    if (this.#taken < this.#untilDoubled) return most;
    this.#taken = 0;
    this.#untilDoubled *= 2;
    return 2 * most;
  }

  /** A request has passed. */
  passed(size: number): void {
    if (size > this.#largest) {
      this.#largest = size;
      this.#refused = 0;
    }
    if (size <= this.most) return;
    this.most = size;
    if (size >= this.#tooLarge) this.#tooLarge = Infinity;
  }

  /** A request was refused. Of two where none as large has passed it is taken that they are too large, until more is known. */
  refused(size: number): void {
    if (size > this.#largest && ++this.#refused === 2) this.limit(size);
  }
}
