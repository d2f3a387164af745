import type { ErrorFacts } from "../contract/error-facts.ts";
import type { Chunk } from "../engine/intake/chunk.ts";

/** Refusals in a row that say the same, from which on it is asked whether all inputs are refused. */
const ALIKE = 5;
/** Inputs between the first one that was refused and the last, from which on it is no matter of a few rows. */
const FAR = 63;
/** The same for a key that got something through before. */
const KEY_REFUSALS = 10;

/** Refusals of inputs in a row that say the same, with no result between them. */
export class Refusals {
  /** The last one. */
  last: Error | undefined;
  /** True where it is not known whether all inputs are refused. */
  isInDoubt = false;
  /** Calls that had brought a result before. */
  passed = 0;
  /** First inputs of what was refused, and how many there were. */
  readonly #places = new Map<number, number>();
  /** Inputs of requests that were told to wait for longer than is obeyed. */
  #postponed: readonly (readonly number[])[] = [];
  #word: string | undefined;
  #code: string | undefined;
  #status: number | undefined;
  #doubtAt = ALIKE;
  #tooLarge = 0;

  /** Inputs or requests that were refused. */
  get count(): number {
    return this.#places.size;
  }

  /** True where the provider has refused by a status, and not a function or an inner batch. */
  get isProviders(): boolean {
    return this.#status !== undefined && this.#status < 500;
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
   * True where it is no matter of a few rows, or where the key is refused, which no input decides.
   *
   * @param asked inputs that were asked, far apart
   */
  isWide(asked: number): boolean {
    if (this.#code === "authentication") return this.count >= KEY_REFUSALS;
    const singles = [...this.#places].flatMap(([place, size]) => (size === 1 ? place : []));
    return (asked > 0 ? Math.max(...singles) - Math.min(...singles) : singles.length) >= FAR;
  }

  /** Begins anew: something got through. */
  reset(passed: number): void {
    this.passed = passed;
    this.#places.clear();
    this.#postponed = [];
    this.isInDoubt = false;
  }

  add(chunk: Chunk<unknown>, error: Error, { code, position, status }: ErrorFacts): void {
    // Where the provider names the bad one of several, the others are not in doubt.
    if (position !== undefined && chunk.size > 1) return;
    // What is too large says nothing of its parts, unless none of them ever passes.
    if (code === "request_too_large" && chunk.size > 1) {
      this.isInDoubt ||= this.passed === 0 && this.#doubtAt === ALIKE && ++this.#tooLarge === ALIKE;
      return;
    }
    const word = [code, status, (error as { readonly providerCode?: unknown }).providerCode].join(" ");
    if (word !== this.#word) this.#places.clear();
    this.#word = word;
    this.#code = code;
    this.#status = status;
    this.last = error;
    this.#places.set(chunk.indexes[0] as number, chunk.size);
    // Of a request of several, one says little: it is asked about at once, where nothing ever got through.
    const isFirst = this.passed === 0 && chunk.size > 1 && this.#doubtAt === ALIKE;
    this.isInDoubt ||= isFirst || this.count >= this.#doubtAt;
  }

  /** Some inputs get through, or it is not sure that none does: in doubt again only after twice as many. */
  clear(): void {
    this.isInDoubt = false;
    const next = 2 * Math.max(this.#doubtAt, this.count);
    this.#doubtAt = this.count < FAR ? Math.min(next, FAR) : next;
  }
}
