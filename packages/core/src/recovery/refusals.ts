import type { ErrorFacts } from "../contract/error-facts.ts";
import type { Chunk } from "../engine/intake/chunk.ts";

/** Refusals in a row that say the same, from which on it is asked whether all inputs are refused. */
const ALIKE = 5;
/** The same where no inputs can be asked ahead of their turn: from so many on it is sure. */
export const SURELY = 100;
/** The same for a key that got something through before. */
const KEY_REFUSALS = 10;
/** Inputs of a request that is asked about as soon as it is refused, where nothing ever got through. */
const BULK = 8;

/** Refusals of inputs in a row that say the same, with no result between them. */
export class Refusals {
  /** The last one. */
  last: Error | undefined;
  /** True where it is not known whether all inputs are refused. */
  isInDoubt = false;
  /** Calls that had brought a result before. */
  passed = 0;
  readonly #places = new Set<number | undefined>();
  /** Inputs of requests that were told to wait for longer than is obeyed. */
  #postponed: readonly (readonly number[])[] = [];
  #word: string | undefined;
  #code: string | undefined;
  /** Inputs of the requests that were refused. */
  #inputs = 0;
  #doubtAt = ALIKE;

  /** Inputs or requests that were refused. */
  get count(): number {
    return this.#places.size;
  }

  /** Requests that were told to wait for longer than is obeyed, and have no input in common. */
  get postponed(): number {
    return this.#postponed.length;
  }

  /** A request was told to wait for longer than is obeyed. A part stands for the request that it is of. */
  postpone({ indexes }: Chunk<unknown>): void {
    const others = this.#postponed.filter((each) => !each.includes(indexes[0] as number));
    this.#postponed = [...others, indexes];
  }

  /**
   * True where so many inputs are refused that it is no matter of a few rows, or where the key is, which no input decides.
   *
   * @param passed calls that ever brought a result
   */
  isWide(passed: number): boolean {
    const inputs = passed === 0 ? this.#inputs : this.count;
    return inputs >= SURELY || (this.#code === "authentication" && this.count >= KEY_REFUSALS);
  }

  /** Begins anew: something got through. */
  reset(passed: number): void {
    this.passed = passed;
    this.#forget();
    this.#postponed = [];
    this.isInDoubt = false;
  }

  add(chunk: Chunk<unknown>, error: Error, { code, position, status }: ErrorFacts): void {
    // Where the provider names the bad input, the others are not in doubt, and what is too large says nothing of them.
    if (position !== undefined || code === "request_too_large") return;
    const word = [code, status, (error as { readonly providerCode?: unknown }).providerCode].join(" ");
    if (word !== this.#word) this.#forget();
    this.#word = word;
    this.#code = code;
    this.last = error;
    // A part of a request that was refused is no further one.
    if (chunk.attempts <= 1) this.#inputs += chunk.size;
    this.#places.add(chunk.indexes[0]);
    const isFirst = this.passed === 0 && chunk.size >= BULK && this.#doubtAt === ALIKE;
    this.isInDoubt ||= isFirst || this.count >= this.#doubtAt;
  }

  /** Some inputs get through, or it is not sure that none does: in doubt again only after twice as many. */
  clear(): void {
    this.isInDoubt = false;
    const next = 2 * Math.max(this.#doubtAt, this.count);
    this.#doubtAt = this.count < SURELY ? Math.min(next, SURELY) : next;
  }

  #forget(): void {
    this.#places.clear();
    this.#inputs = 0;
  }
}
