import { limiterWith } from "@batchwise/adapter-kit";
import {
  BatchwiseError,
  type CallOptions,
  type RateLimiter,
  type RerankInput,
  type RerankScore,
  type Reservation,
  type Runnable,
  runnable,
  type RunnableSettings,
} from "@batchwise/core";

/** A stretch of a list that fits into one call, with where it begins. */
interface Part extends RerankInput {
  readonly start: number;
}

/** Scores that are there of a list that is not whole yet. */
interface Begun extends RerankInput {
  readonly scores: Map<number, readonly RerankScore[]>;
}

/**
 * Lists that are too long for one call. Their parts run as a batch inside of the call that received the list: they
 * share its cap and its signal. Each part passes the limiter by itself, and the list does not: it would hold a place
 * there while its parts wait for one. A list that is tried again sends only what is missing: parts are not retried by
 * themselves (attempts would multiply), and what has been paid for is kept.
 */
export class RerankParts {
  readonly #size: number;
  readonly #call: Runnable<Part, RerankScore[]>;
  readonly #begun = new WeakMap<RerankInput, Begun>();

  constructor(
    { limiter, maxConcurrency }: Required<Pick<RunnableSettings, "limiter" | "maxConcurrency">>,
    size: number,
    score: (input: RerankInput, options: CallOptions) => Promise<RerankScore[]>,
  ) {
    this.#size = size;
    this.#call = runnable(score as (part: Part, options: CallOptions) => Promise<RerankScore[]>, {
      // Not retried; and a wait that is too long to obey holds up no other list, which it would with `retry: false` (P45).
      retry: { attempts: 2, shouldRetry: () => false },
      limiter,
      maxConcurrency,
    });
  }

  /** Tells whether a list of so many documents is too long for one call. */
  split(documents: number): boolean {
    return documents > this.#size;
  }

  /** @throws what kept a part from being scored; one that trying again cannot help goes first */
  async score(input: RerankInput, options: CallOptions): Promise<RerankScore[]> {
    const { scores } = this.#resume(input);
    const missing = this.#partsOf(input).filter(({ start }) => !scores.has(start));
    const slots = await this.#call.batch(missing, { ...options, returnExceptions: true });
    for (const [at, { start }] of missing.entries()) {
      const slot = slots[at];
      if (!Array.isArray(slot)) continue;
      const placed = slot.map(({ index, score }) => ({ index: start + index, score }));
      scores.set(start, placed);
    }
    options.signal?.throwIfAborted();
    const failures = slots.filter((slot) => slot instanceof Error);
    const failure = failures.find((error) => BatchwiseError.isInstance(error) && !error.retryable) ?? failures[0];
    if (failure !== undefined) throw failure;
    this.#begun.delete(input);
    return [...scores.values()].flat();
  }

  /** Scores that are there of this very list already; a list that was changed since begins anew. */
  #resume(input: RerankInput): Begun {
    const known = this.#begun.get(input);
    if (known !== undefined && known.query === input.query && isSame(known.documents, input.documents)) return known;
    const begun = { query: input.query, documents: [...input.documents], scores: new Map() };
    this.#begun.set(input, begun);
    return begun;
  }

  #partsOf({ query, documents }: RerankInput): Part[] {
    const parts: Part[] = [];
    for (let start = 0; start < documents.length; start += this.#size) {
      parts.push({ query, documents: documents.slice(start, start + this.#size), start });
    }
    return parts;
  }
}

/** The weight of a list that makes no call of its own. */
export const NO_CALL = 0;

/** `limiter` for lists: those of weight `NO_CALL` pass it freely. */
export function forLists(limiter: RateLimiter): RateLimiter {
  return limiterWith(limiter, {
    reserve: (demand, options) =>
      demand.tokens === NO_CALL ? Promise.resolve(FREE) : limiter.reserve(demand, options),
    tryReserve: (demand, options) => (demand.tokens === NO_CALL ? FREE : limiter.tryReserve?.(demand, options)),
  });
}

const FREE: Reservation = { settle: () => undefined };

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((text, index) => text === right[index]);
}
