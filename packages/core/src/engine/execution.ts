import { BudgetError } from "../errors.ts";
import type { BatchOptions, Price, Usage } from "../options.ts";
import type { FinishReport, FinishStatus } from "../report.ts";
import { costOf, Meter } from "./meter.ts";
import type { Plan } from "./plan.ts";
import type { Run, RunHost } from "./run.ts";
import type { Sink } from "./sinks.ts";
import type { Source } from "./window.ts";

/** Why a batch ended before its inputs did. */
export interface Stop {
  readonly status: Exclude<FinishStatus, "completed">;
  readonly reason: unknown;
}

/** What the batch's own method does with the outcomes. */
export interface Receiver<Input, Output> {
  readonly sink: Sink<Input, Output>;
  /** Whether the first failure ends the batch. */
  readonly failFast: boolean;
  /** Something may be there to take. */
  onOutcome(): void;
  /** Called once, at the end. */
  onEnd(stop: Stop | undefined, pulled: number): void;
  /** For the report. */
  outcomes(): FinishReport<Input, Output>["outcomes"];
}

/**
 * One call of `batch` or one of its siblings, from first to last: it counts, listens for abort and drain, and ends the
 * runs that do the work. Stages of a pipeline are several runs of one execution.
 */
export class Execution<Input, Output> implements RunHost, Sink<Input, Output> {
  readonly meter: Meter;
  readonly hooks: Pick<BatchOptions, "onRequest" | "onRetry">;
  readonly #options: BatchOptions<Input, Output>;
  readonly #receiver: Receiver<Input, Output>;
  readonly #calls = new AbortController();
  readonly #halt = new AbortController();
  readonly #plan: Pick<Plan<never, unknown>, "maxTokens" | "maxCost">;
  #runs: readonly Run<never, unknown>[] = [];
  #source: Source<Input> | undefined;
  #working = 0;
  #pendingTokens = 0;
  #pendingCost = 0;
  #stop: Stop | undefined;
  #over = false;

  constructor(options: BatchOptions<Input, Output>, plan: Plan<never, unknown>, receiver: Receiver<Input, Output>) {
    this.#options = options;
    this.#plan = plan;
    this.#receiver = receiver;
    this.hooks = options;
    this.meter = new Meter(options, plan.clock);
  }

  get signal(): AbortSignal {
    return this.#calls.signal;
  }

  get halted(): AbortSignal {
    return this.#halt.signal;
  }

  /** Starts the runs, last stage first so that each is there when its inputs come. */
  start(runs: readonly Run<never, unknown>[], source: Source<Input>): void {
    this.#runs = runs;
    this.#source = source;
    this.#working = runs.length;
    const { signal, drain } = this.#options;
    if (signal?.aborted) return this.#onAbort();
    if (drain?.aborted) return this.#onDrain();
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    drain?.addEventListener("abort", this.#onDrain, { once: true });
    for (const run of runs.toReversed()) run.start();
  }

  /** Ends at once: what is in flight is aborted and its outcome not waited for. */
  abort(stop: Stop): void {
    if (this.#over) return;
    this.#stop = stop;
    this.#halt.abort(stop.reason);
    this.#calls.abort(stop.reason);
    for (const run of this.#runs) run.close();
    this.#end();
  }

  /** Starts nothing new, and ends when what is in flight has. */
  drain(stop: Stop): void {
    if (this.#over || this.#stop !== undefined) return;
    this.#stop = stop;
    this.#halt.abort(stop.reason);
    for (const run of this.#runs) run.stop();
  }

  /** Outcomes have been taken: there may be room for work. */
  wake(): void {
    for (const run of this.#runs) run.wake();
  }

  // ---- the runs' host ----

  reported(usage: Usage, price: Price | undefined): void {
    this.meter.use(usage, price);
    this.#options.report?.({ usage });
  }

  spending(tokens: number, price: Price | undefined): void {
    this.#pendingTokens += tokens;
    // Nothing is on its way: no rounding either.
    this.#pendingCost = this.#pendingTokens === 0 ? 0 : this.#pendingCost + costOf(tokens, 0, price);
  }

  afford(tokens: number, price: Price | undefined): boolean {
    const { maxTokens, maxCost } = this.#plan;
    if (maxTokens === Infinity && maxCost === Infinity) return true;
    const pending = this.#pendingTokens + tokens;
    const spent = this.meter.totalTokens;
    const cost = this.meter.cost;
    // An input that is not weighed counts as soon as the cap has been reached.
    const tokensLeft = pending === 0 ? spent < maxTokens : spent + pending <= maxTokens;
    const costLeft = pending === 0 ? cost < maxCost : cost + this.#pendingCost + costOf(tokens, 0, price) <= maxCost;
    if (tokensLeft && costLeft) return true;
    const [name, cap] = tokensLeft ? ["maxCost", maxCost] : ["maxTokens", maxTokens];
    const reason = new BudgetError(
      `The next call would pass ${name} (${cap}). What finished is kept; raise ${name} to go on.`,
    );
    this.drain({ status: "stopped", reason });
    return false;
  }

  fatal(error: Error): void {
    this.drain({ status: "stopped", reason: error });
  }

  crash(error: unknown): void {
    this.abort({ status: "failed", reason: error });
  }

  ended(): void {
    this.#working--;
    if (this.#working === 0) this.#end();
  }

  // ---- the last sink of the runs ----

  fulfil(index: number, input: Input, value: Output): void {
    this.meter.fulfilled++;
    this.#receiver.sink.fulfil(index, input, value);
    this.#receiver.onOutcome();
    this.#progress(false);
  }

  reject(index: number, input: Input, reason: Error): void {
    this.meter.failed(reason);
    this.#receiver.sink.reject(index, input, reason);
    this.#receiver.onOutcome();
    this.#progress(false);
    if (this.#receiver.failFast) this.abort({ status: "failed", reason });
  }

  get waiting(): number {
    return this.#receiver.sink.waiting;
  }

  get held(): number {
    return this.#receiver.sink.held;
  }

  get starved(): boolean {
    return this.#receiver.sink.starved;
  }

  set starved(value: boolean) {
    this.#receiver.sink.starved = value;
  }

  readonly #onAbort = (): void => {
    this.abort({ status: "aborted", reason: this.#options.signal?.reason });
  };

  readonly #onDrain = (): void => {
    this.drain({ status: "drained", reason: this.#options.drain?.reason });
  };

  #progress(last: boolean): void {
    try {
      this.meter.progress(this.#source?.total, last);
    } catch (error) {
      if (last) this.#stop = { status: "failed", reason: error };
      else this.crash(error);
    }
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    const { signal, drain, onFinish } = this.#options;
    signal?.removeEventListener("abort", this.#onAbort);
    drain?.removeEventListener("abort", this.#onDrain);
    const source = this.#source as Source<Input>;
    const pulled = source.pulled;
    const done = this.meter.fulfilled + this.meter.rejected;
    if (source.failed && this.#stop?.status !== "aborted") this.#stop = { status: "failed", reason: source.error };
    // A wish to stop that came when everything was on its way already changed nothing.
    else if (this.#stop?.status === "drained" && source.exhausted && done === pulled) this.#stop = undefined;
    this.#progress(true);
    const report = this.meter.finish(this.#stop?.status ?? "completed", source.total ?? pulled, this.#stop?.reason);
    try {
      onFinish?.({ ...report, outcomes: this.#receiver.outcomes() });
    } catch (error) {
      this.#stop = { status: "failed", reason: error };
    }
    this.#receiver.onEnd(this.#stop, source.inputs === undefined ? pulled : source.inputs.length);
  }
}
