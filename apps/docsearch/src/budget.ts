import type { BatchOptions, Clock, FinishReport } from "@batchwise/core";

/** Signals, cap and clock of every batch of a run. */
export interface BudgetOptions {
  readonly drain: AbortSignal;
  readonly signal: AbortSignal;
  /** Dollars that the whole run may cost. @default Infinity */
  readonly maxCost?: number | undefined;
  /** Time, for tests. @default the machine's clock */
  readonly clock?: Clock | undefined;
}

/** Options of one batch of a run. */
export type CommonBatchOptions = Pick<BatchOptions, "drain" | "signal" | "maxCost" | "clock" | "onFinish">;

/** Adds up the usage of the batches of a run, and caps their cost together. */
export class Budget {
  requests = 0;
  retries = 0;
  tokens = 0;
  /** Cost in dollars. */
  cost = 0;
  readonly #options: BudgetOptions;

  constructor(options: BudgetOptions) {
    this.#options = options;
  }

  /** Dollars that are left to spend. */
  get left(): number {
    return Math.max(0, (this.#options.maxCost ?? Infinity) - this.cost);
  }

  /** Options for the next batch, which depend on what is left. An unpaid batch is not counted. */
  batchOptions({ isPaid }: { readonly isPaid: boolean }): CommonBatchOptions {
    const { drain, signal, clock } = this.#options;
    return {
      drain,
      signal,
      ...(clock !== undefined && { clock }),
      ...(isPaid && { onFinish: (report) => this.#add(report) }),
      ...(isPaid && this.left < Infinity && { maxCost: this.left }),
    };
  }

  #add({ requests, retries, usage }: FinishReport): void {
    this.requests += requests;
    this.retries += retries;
    this.tokens += usage.totalTokens;
    this.cost += usage.cost;
  }
}
