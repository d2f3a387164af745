import type { Clock } from "../contract/clock.ts";
import type { BatchInfo } from "../contract/middleware.ts";
import type { Outcomes } from "../contract/outcome.ts";
import type { Price, Usage } from "../contract/report.ts";
import type { BatchOptions } from "../contract/runnable.ts";
import { Budget } from "./admission/budget.ts";
import type { Source } from "./intake/source.ts";
import type { Backlog, OutcomeSink } from "./results/outcome-sink.ts";
import { Stats } from "./results/stats.ts";
import type { Stop } from "./stop.ts";

/** Way to end: "drain" starts nothing new and lets calls in flight finish, "cancel" aborts them and waits for nothing. */
export type EndMode = "drain" | "cancel";

/** Output of a batch's own method: where the outcomes go, and what hears of the end. */
export interface BatchOutput<Input, Output> {
  readonly method: BatchInfo["method"];
  readonly sink: OutcomeSink<Input, Output>;
  /** True where the first failure ends the batch. */
  readonly failFast: boolean;
  /** Called once, at the end, with the number of inputs that were taken. */
  onEnd(stop: Stop | undefined, pulled: number): void;
  /** Outcomes for the report. */
  outcomes(): Outcomes<Input, Output>;
}

/** Milliseconds after which the progress is told at the latest. */
const TICK_MS = 1000;

/** A batch of any inputs and outputs, for the parts that only count in it and end it. */
export type AnyBatchRun = BatchRun<any, any>;

/** One Runnable's work within a batch. */
export interface Stage {
  start(): void;
  /** Nothing new may start. */
  drain(): void;
  /** Outcomes of calls in flight are not wanted any more. */
  cancel(): void;
}

/**
 * One call of `batch` or one of its siblings, from first to last: it counts, listens for abort and drain, and ends the
 * stages that do the work. It has two signals, *draining* and *canceled*, and one way to set them: `end`.
 */
export class BatchRun<Input, Output> implements OutcomeSink<Input, Output> {
  readonly backlog: Backlog;
  readonly stats: Stats;
  /** Undefined where the caller has set no cap. */
  readonly budget: Budget | undefined;
  readonly hooks: Pick<BatchOptions, "onProgress" | "onRequest" | "onRetry">;
  /** The batch as middleware sees it. */
  readonly info: BatchInfo;
  readonly output: BatchOutput<Input, Output>;
  readonly #options: BatchOptions<Input, Output>;
  readonly #source: Source<Input>;
  readonly #draining = new AbortController();
  readonly #canceled = new AbortController();
  #stages: readonly Stage[] = [];
  /** Stages that have not ended. */
  #working = 0;
  #stop: Stop | undefined;
  #isOver = false;
  readonly #clock: Clock;
  #cancelTick: (() => void) | undefined;

  constructor(
    options: BatchOptions<Input, Output>,
    info: BatchInfo,
    clock: Clock,
    source: Source<Input>,
    output: BatchOutput<Input, Output>,
  ) {
    this.#options = options;
    this.#clock = clock;
    this.#source = source;
    this.output = output;
    this.hooks = options;
    this.info = info;
    this.backlog = output.sink.backlog;
    this.stats = new Stats(options, clock);
    const { maxTokens = Infinity, maxCost = Infinity } = options;
    if (maxTokens < Infinity || maxCost < Infinity) this.budget = new Budget(maxTokens, maxCost, this.stats);
  }

  /** Aborted as soon as nothing new may start. */
  get draining(): AbortSignal {
    return this.#draining.signal;
  }

  /** Aborted when the outcomes of calls in flight are no longer wanted. */
  get canceled(): AbortSignal {
    return this.#canceled.signal;
  }

  /** True once nothing new may start. */
  get isEnding(): boolean {
    return this.#stop !== undefined;
  }

  /** Starts the stages, the last one first so that each is there when its inputs come. */
  start(stages: readonly Stage[]): void {
    this.#stages = stages;
    this.#working = stages.length;
    const { signal, drain } = this.#options;
    if (signal?.aborted) return this.#onAbort();
    if (drain?.aborted) return this.#onDrain();
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    drain?.addEventListener("abort", this.#onDrain, { once: true });
    if (this.#options.onProgress !== undefined) this.#tick();
    for (const stage of stages.toReversed()) stage.start();
  }

  /** Ends the batch before its inputs do. A batch that drains can still be canceled. */
  end(stop: Stop, mode: EndMode): void {
    if (this.#isOver || (mode === "drain" && this.#stop !== undefined)) return;
    this.#stop = stop;
    this.#draining.abort(stop.reason);
    if (mode === "drain") {
      for (const stage of this.#stages) stage.drain();
      return;
    }
    this.#canceled.abort(stop.reason);
    for (const stage of this.#stages) stage.cancel();
    this.#finish();
  }

  /** A stage has ended: every input has its outcome, or the batch is ending and nothing is in flight. */
  stageEnded(): void {
    this.#working--;
    if (this.#working === 0) this.#finish();
  }

  /** A call has reported what it used. */
  reported(usage: Usage, price: Price | undefined): void {
    this.stats.used(usage, price);
    this.#options.report?.({ usage });
  }

  fulfill(index: number, input: Input, value: Output): void {
    this.stats.fulfilled();
    this.output.sink.fulfill(index, input, value);
    if (this.#options.onProgress !== undefined) this.#progress(false);
  }

  reject(index: number, input: Input, reason: Error): void {
    this.stats.rejected(reason);
    this.output.sink.reject(index, input, reason);
    if (this.#options.onProgress !== undefined) this.#progress(false);
    if (this.output.failFast) this.end({ status: "failed", reason }, "cancel");
  }

  readonly #onAbort = (): void => {
    this.end({ status: "aborted", reason: this.#options.signal?.reason }, "cancel");
  };

  readonly #onDrain = (): void => {
    this.end({ status: "drained", reason: this.#options.drain?.reason }, "drain");
  };

  /** Tells the progress each second, also while nothing moves. */
  #tick(): void {
    this.#cancelTick = this.#clock.after(TICK_MS, () => {
      this.#progress(false);
      if (!this.#isOver) this.#tick();
    });
  }

  #progress(isLast: boolean): void {
    try {
      this.stats.progress(this.#source.total, isLast);
    } catch (error) {
      if (isLast) this.#stop = { status: "failed", reason: error };
      else this.end({ status: "failed", reason: error }, "cancel");
    }
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancelTick?.();
    const { signal, drain, onFinish } = this.#options;
    signal?.removeEventListener("abort", this.#onAbort);
    drain?.removeEventListener("abort", this.#onDrain);
    const { failure, pulled, total, inputs } = this.#source;
    if (failure && this.#stop?.status !== "aborted") this.#stop = { status: "failed", reason: failure.error };
    // Draining changed nothing where everything was in flight already.
    else if (this.#stop?.status === "drained" && this.stats.done === total) this.#stop = undefined;
    if (this.#options.onProgress !== undefined) this.#progress(true);
    try {
      const report =
        onFinish && this.stats.report(this.#stop?.status ?? "completed", total ?? pulled, this.#stop?.reason);
      if (report !== undefined) onFinish?.({ ...report, outcomes: this.output.outcomes() });
    } catch (error) {
      this.#stop = { status: "failed", reason: error };
    }
    this.output.onEnd(this.#stop, inputs?.length ?? pulled);
  }
}
