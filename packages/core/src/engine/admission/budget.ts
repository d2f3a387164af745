import { BudgetError } from "../../contract/errors.ts";
import type { Price } from "../../contract/report.ts";
import { costOf, type Stats } from "../results/stats.ts";

/** Tokens and cost that a batch may still spend: what its calls have used, and what those in flight are expected to use. */
export class Budget {
  readonly #maxTokens: number;
  readonly #maxCost: number;
  readonly #stats: Stats;
  #pendingTokens = 0;
  #pendingCost = 0;

  /** Caps that the caller of a batch has set; Infinity where there is none. */
  constructor(maxTokens: number, maxCost: number, stats: Stats) {
    this.#maxTokens = maxTokens;
    this.#maxCost = maxCost;
    this.#stats = stats;
  }

  /** The cap that a call of this many tokens would pass, as an error; undefined where it fits. */
  refuse(tokens: number, price: Price | undefined): BudgetError | undefined {
    const { totalTokens: spent, cost } = this.#stats.usage;
    const pending = this.#pendingTokens + tokens;
    // An input that is not weighed counts as soon as the cap has been reached.
    const tokensFit = pending === 0 ? spent < this.#maxTokens : spent + pending <= this.#maxTokens;
    const total = cost + this.#pendingCost + costOf(tokens, 0, price);
    const costFits = pending === 0 ? cost < this.#maxCost : total <= this.#maxCost;
    if (tokensFit && costFits) return undefined;
    const [name, cap] = tokensFit ? ["maxCost", this.#maxCost] : ["maxTokens", this.#maxTokens];
    return new BudgetError(
      `Expected the batch to stay within \`${name}\` (${cap}), got a call that passes it. Raise it to go on.`,
    );
  }

  /** A call of this many tokens begins. */
  begin(tokens: number, price: Price | undefined): void {
    this.#pendingTokens += tokens;
    this.#pendingCost += costOf(tokens, 0, price);
  }

  /** It has ended: what it used is in the stats. */
  end(tokens: number, price: Price | undefined): void {
    this.#pendingTokens -= tokens;
    // Nothing is in flight: no rounding is left either.
    this.#pendingCost = this.#pendingTokens === 0 ? 0 : this.#pendingCost + costOf(-tokens, 0, price);
  }
}
