import type { BatchOptions, Clock, FinishReport } from "@batchwise/core";

/** What every batch of a run has in common. */
export interface LedgerOptions {
  readonly drain: AbortSignal;
  readonly signal: AbortSignal;
  /** Dollars that the whole run may cost. @default Infinity */
  readonly maxCost?: number | undefined;
  /** Time, for tests. @default the machine's clock */
  readonly clock?: Clock | undefined;
}

/** The options of one batch of a run. */
export type CommonBatchOptions = Pick<BatchOptions, "drain" | "signal" | "maxCost" | "clock" | "onFinish">;

/** Adds up what the batches of a run take, and holds them to one cap together. */
export class Ledger {
  requests = 0;
  retries = 0;
  tokens = 0;
  /** Dollars. */
  cost = 0;
  readonly #options: LedgerOptions;

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  /** Dollars that are left to spend. */
  get left(): number {
    return Math.max(0, (this.#options.maxCost ?? Infinity) - this.cost);
  }

  /** Options for the next batch. Ask again for each: what is left changes. What is not paid for is not counted. */
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
