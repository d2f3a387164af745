import { factsOf } from "../../contract/error-facts.ts";
import type { BudgetError, ErrorCode } from "../../contract/errors.ts";
import type { Price, Usage } from "../../contract/report.ts";
import type { Chunk } from "../intake/chunk.ts";
import { costOf, totalTokensOf } from "../results/stats.ts";
import type { Spend, Budget } from "./budget.ts";

/** End of a call, as far as caps are concerned. */
export interface CallEnd {
  readonly usage: Usage | undefined;
  readonly error: Error | undefined;
}

/** Reserves of one Runnable's calls under the caps of a batch, by the weights of their inputs and the answers so far. */
export class Spending {
  readonly #budget: Budget;
  readonly #price: Price | undefined;
  readonly #reserves = new Map<Chunk<unknown>, Spend>();
  /** The most tokens and cost beyond what was reserved that an answer to one input has taken; undefined before the first. */
  #largest: Spend | undefined;
  /** Calls that may be in flight while the largest answer is unknown, and answers since it was last raised. */
  #mostInFlight = 1;
  #answers = 0;

  constructor(budget: Budget, price: Price | undefined) {
    this.#budget = budget;
    this.#price = price;
  }

  /** Reserves what a chunk's call may use, and tells whether it fits. Once a chunk has its reserve, it keeps it. */
  reserve(chunk: Chunk<unknown>): boolean {
    if (this.#reserves.has(chunk)) return true;
    const isGuessed = chunk.unbounded > 0 && this.#largest?.tokens !== 0;
    if (isGuessed && this.#reserves.size >= this.#mostInFlight) return false;
    const amounts = this.#mostOf(chunk);
    if (!this.#budget.fits(amounts)) return false;
    this.#reserves.set(chunk, amounts);
    this.#budget.begin(amounts);
    return true;
  }

  /** Waits until a chunk fits, whose later inputs `cut` may take away. Undefined where it never does, or the batch ends. */
  async wait<Input>(
    first: Chunk<Input>,
    signal: AbortSignal,
    cut: (chunk: Chunk<Input>, count: number) => Chunk<Input>,
  ): Promise<Chunk<Input> | undefined> {
    let chunk = first;
    /* oxlint-disable no-await-in-loop -- each end of a call may make room */
    while (!signal.aborted && !this.reserve(chunk)) {
      if (this.#budget.isBusy) await this.#budget.nextEnd(signal);
      else {
        const smaller = cut(chunk, this.#countWithin(chunk));
        if (smaller === chunk) return undefined;
        chunk = smaller;
      }
    }
    /* oxlint-enable no-await-in-loop */
    return signal.aborted ? undefined : chunk;
  }

  /** Takes over what a chunk's call has used. Without a call, nothing. */
  end(chunk: Chunk<unknown>, call?: CallEnd): void {
    const reserved = this.#reserves.get(chunk);
    if (reserved === undefined) return;
    this.#reserves.delete(chunk);
    const { tokens = 0, cost = 0 } = { cost: call?.usage?.cost, tokens: call?.usage && totalTokensOf(call.usage) };
    const isKnown = tokens > 0 || cost > 0;
    if (call !== undefined && call.error === undefined) this.#answered(chunk, isKnown ? call.usage : undefined);
    this.#budget.end(reserved, call !== undefined && !isKnown && mayCost(call.error));
  }

  /** Error of a chunk that does not fit with nothing in flight. */
  refusal(chunk: Chunk<unknown>): BudgetError {
    return this.#budget.refusal(this.#mostOf(chunk));
  }

  #mostOf(chunk: Chunk<unknown>): Spend {
    const guessed = 2 * (this.#largest?.tokens ?? 0) * chunk.unbounded;
    const inputTokens = chunk.tokens - chunk.outputTokens;
    // Input may be written to a cache, for more.
    const { perMillionInputTokens = 0, perMillionCacheWriteTokens = 0 } = this.#price ?? {};
    const written = perMillionCacheWriteTokens > perMillionInputTokens ? inputTokens : 0;
    const usage = { inputTokens, cacheWriteTokens: written, outputTokens: chunk.outputTokens + guessed };
    const cost = Math.max(costOf(usage, this.#price), 2 * (this.#largest?.cost ?? 0) * chunk.size);
    return { tokens: chunk.tokens + guessed, cost };
  }

  /** Learns from an answer, of which nothing is known where the call has reported no usage. */
  #answered(chunk: Chunk<unknown>, usage: Usage | undefined): void {
    if (usage !== undefined) {
      const beyond = Math.max(0, totalTokensOf(usage) - chunk.tokens);
      // Input is weighed generously: the answer is what the provider says.
      const answer = chunk.tokens === 0 ? beyond : (usage.outputTokens ?? beyond);
      this.#largest = {
        tokens: Math.max(this.#largest?.tokens ?? 0, answer / chunk.size),
        cost: Math.max(this.#largest?.cost ?? 0, (usage.cost ?? 0) / chunk.size),
      };
    }
    this.#answers++;
    if (this.#answers < this.#mostInFlight) return;
    this.#mostInFlight *= 2;
    this.#answers = 0;
  }

  /** Inputs of a chunk, from the first one, that fit with nothing in flight: about as many as have their share of what is left. */
  #countWithin(chunk: Chunk<unknown>): number {
    const most = this.#mostOf(chunk);
    const { tokens, cost } = this.#budget.left;
    const share = Math.min(tokens / most.tokens || 0, most.cost > 0 ? cost / most.cost : 1);
    const count = chunk.tokens > 0 ? chunk.countWithin(chunk.tokens * share) : Math.floor(chunk.size * share);
    return Math.max(1, Math.min(count, chunk.size - 1));
  }
}

/** Statuses after which the provider may have done the work all the same. */
const LATE: ReadonlySet<number | undefined> = new Set([undefined, 408, 499, 504, 524]);
/** Refusals, by the adapter or the provider: nothing was done. */
const FREE: ReadonlySet<ErrorCode> = new Set([
  "invalid_argument",
  "invalid_input",
  "request_too_large",
  "authentication",
  "quota_exceeded",
  "rate_limited",
  "budget_exceeded",
]);

/** Tells whether a call that has not said what it used may have cost something: it was answered, or broke off after it was sent. */
function mayCost(error: Error | undefined): boolean {
  if (error === undefined) return true;
  const { code, isUnsent, status } = factsOf(error);
  return !isUnsent && LATE.has(status) && !FREE.has(code);
}
