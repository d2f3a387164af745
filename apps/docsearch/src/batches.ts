import { type BatchOptions, type Clock, type FinishReport, type Runnable, toError } from "@batchwise/core";

/** Signals and clock of every batch of a run. */
export interface BatchesOptions {
  /** Aborted: finish what is in flight, keep it, and stop. */
  readonly drain: AbortSignal;
  /** Aborted: stop at once. */
  readonly signal: AbortSignal;
  /** Time, for tests. @default the machine's clock */
  readonly clock?: Clock;
}

/** Result of a batch: an output or an Error for each input, in their order. */
export interface Finished<Output> {
  readonly slots: readonly (Output | Error)[];
  readonly requests: number;
  /** Reason why it ended early, but for a stop by the user: a refused key or model, a used-up quota, the cap. */
  readonly stopped: Error | undefined;
}

/** Batches of one run: all stop with the user, and those that are paid share one cap and one account. */
export class Batches {
  /** Usage that was paid; the cost is in dollars. */
  readonly used = { requests: 0, retries: 0, tokens: 0, cost: 0 };
  readonly stops: BatchesOptions;
  readonly #maxCost: number;

  constructor({ drain, signal, clock }: BatchesOptions, maxCost: number = Infinity) {
    this.stops = { drain, signal, ...(clock !== undefined && { clock }) };
    this.#maxCost = maxCost;
  }

  /** Runs a batch. `isPaid` counts its usage, and holds it to what is left of the cap. */
  async run<Input, Output>(
    runnable: Runnable<Input, Output>,
    inputs: readonly Input[],
    isPaid: boolean,
    own: Pick<BatchOptions, "maxConcurrency" | "onProgress"> = {},
  ): Promise<Finished<Output>> {
    const maxCost = isPaid ? Math.max(0, this.#maxCost - this.used.cost) : Infinity;
    let end: FinishReport | undefined;
    const onFinish = (report: FinishReport): void => {
      end = report;
      if (!isPaid) return;
      this.used.requests += report.requests;
      this.used.retries += report.retries;
      this.used.tokens += report.usage.totalTokens;
      this.used.cost += report.usage.cost;
    };
    const slots = await runnable.batch(inputs, { ...this.stops, ...own, maxCost, returnExceptions: true, onFinish });
    const isOver = end === undefined || end.status === "completed" || this.stops.drain.aborted;
    const stopped = isOver ? undefined : toError(end?.reason);
    return { slots, requests: end?.requests ?? 0, stopped };
  }
}
