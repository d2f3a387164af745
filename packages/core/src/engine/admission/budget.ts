import { BudgetError } from "../../contract/errors.ts";
import type { Stats } from "../results/stats.ts";

/** Spend that caps count. */
export interface Spend {
  readonly tokens: number;
  readonly cost: number;
}

/** Caps of a batch: what its calls have used, and what those in flight may use at most. */
export class Budget {
  readonly #caps: Spend;
  readonly #stats: Stats;
  /** Reserves of calls in flight, and of those that may have cost something and did not say what. */
  #pending: Spend = NOTHING;
  #kept: Spend = NOTHING;
  #inFlight = 0;
  #waiting: (() => void)[] = [];

  /** Caps that the caller of a batch has set; Infinity where there is none. */
  constructor(maxTokens: number, maxCost: number, stats: Stats) {
    this.#caps = { tokens: maxTokens, cost: maxCost };
    this.#stats = stats;
  }

  /** True while a call is in flight: what it has not used is free at its end. */
  get isBusy(): boolean {
    return this.#inFlight > 0;
  }

  /** Spend that is left if all that is in flight takes as much as it may. */
  get left(): Spend {
    return sum(this.#caps, this.#spent, -1);
  }

  /** Tells whether a call that may use so much stays within the caps. */
  fits(amounts: Spend): boolean {
    return this.#passed(amounts) === undefined;
  }

  /** Resolves when a call has ended, or the signal is aborted. */
  nextEnd(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener("abort", wake);
        resolve();
      };
      this.#waiting.push(wake);
      signal.addEventListener("abort", wake);
    });
  }

  begin(amounts: Spend): void {
    this.#inFlight++;
    this.#pending = sum(this.#pending, amounts, 1);
  }

  /** @param isKept true where the call may have used what was reserved, and has not said so */
  end(amounts: Spend, isKept: boolean): void {
    this.#inFlight--;
    // Nothing is in flight: no rounding is left either.
    this.#pending = this.#inFlight === 0 ? NOTHING : sum(this.#pending, amounts, -1);
    if (isKept) this.#kept = sum(this.#kept, amounts, 1);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Error that says which cap a call would pass that may use so much. */
  refusal(amounts: Spend): BudgetError {
    const kind = this.#passed(amounts) ?? "cost";
    return new BudgetError(
      `Expected the batch to stay within \`${NAMES[kind]}\` (${this.#caps[kind]}), got a call that may take ` +
        `${rounded(amounts[kind])} where ${rounded(Math.max(0, this.left[kind]))} is left. Raise it to go on.`,
    );
  }

  get #spent(): Spend {
    const { totalTokens: tokens, cost } = this.#stats.usage;
    return sum(sum({ tokens, cost }, this.#kept, 1), this.#pending, 1);
  }

  /** Cap that a call would pass. One of which nothing is known passes none that has not been reached. */
  #passed(amounts: Spend): keyof Spend | undefined {
    const spent = this.#spent;
    const fits = (kind: keyof Spend): boolean =>
      amounts[kind] === 0 ? spent[kind] < this.#caps[kind] : spent[kind] + amounts[kind] <= this.#caps[kind];
    return (["tokens", "cost"] as const).find((kind) => !fits(kind));
  }
}

const NOTHING: Spend = { tokens: 0, cost: 0 };
const NAMES = { tokens: "maxTokens", cost: "maxCost" } as const;

function sum(left: Spend, right: Spend, sign: 1 | -1): Spend {
  return { tokens: left.tokens + sign * right.tokens, cost: left.cost + sign * right.cost };
}

function rounded(amount: number): string {
  return String(Number(amount.toPrecision(3)));
}
