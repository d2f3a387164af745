import {
  bulkRunnable,
  type BatchOptions,
  type CallOptions,
  type Completed,
  type FinishStatus,
  type Inputs,
  type Runnable,
  toError,
} from "@batchwise/core";
import { CallRun } from "./call-run.ts";
import { engineSettings } from "./engine-settings.ts";
import { timedOut } from "./errors.ts";
import type { JobEntry } from "./journal.ts";
import type { BatchContext, Session, StopSignals } from "./session.ts";
import { anyOf } from "./signals.ts";

/** One `batch`: the engine cuts and counts, and each of its calls is one job, or a few in turn. */
export class BatchRun<Input, Output> {
  readonly #session: Session<Input, Output>;
  readonly #options: BatchOptions<Input, Output>;
  readonly #context: BatchContext;
  readonly #taken = new Set<JobEntry>();
  readonly #calls = new Set<Promise<unknown>>();
  #timeout: AbortController | undefined;
  #status: FinishStatus | undefined;
  #areKept = false;
  /** True once a job goes on whose end this batch does not wait for. */
  #isJobLeft = false;

  constructor(session: Session<Input, Output>, options: BatchOptions<Input, Output>, context: BatchContext) {
    this.#session = session;
    this.#options = options;
    this.#context = context;
  }

  /** Runs all inputs through the engine. */
  async run(inputs: Inputs<Input>): Promise<(Output | Error)[]> {
    const stopClock = this.#startClock();
    try {
      return await this.#jobs.batch(inputs, this.#watched);
    } finally {
      // Where `onFinish` failed to keep the outcomes, there is no status, and the jobs have to be remembered.
      this.#areKept = this.#status !== undefined;
      stopClock();
    }
  }

  /** The same, with the outcomes as they complete. They are kept once another one is asked for after the last. */
  async *outcomes(inputs: Inputs<Input>): AsyncGenerator<Completed<Input, Output>, void> {
    const stopClock = this.#startClock();
    try {
      yield* this.#jobs.batchAsCompleted(inputs, this.#watched);
      this.#areKept = true;
    } finally {
      stopClock();
    }
  }

  /** True once every input has an outcome that was handed over, so that the journal need not remember the jobs. */
  get isDone(): boolean {
    return this.#status === "completed" && this.#areKept && !this.#isJobLeft;
  }

  /** Waits for the last call, then forgets jobs whose results were handed over, and releases the others. */
  async leave(): Promise<void> {
    const { journal } = this.#session;
    await Promise.allSettled(this.#calls);
    try {
      if (this.isDone) await journal.drop(this.#taken);
    } catch (error) {
      this.#context.onJob({ type: "kept", reason: toError(error) });
    }
    for (const entry of this.#taken) journal.release(entry);
  }

  get #jobs(): Runnable<Input, Output> {
    return bulkRunnable(
      (some, options) => this.#track(this.#answer(some, options)),
      engineSettings(this.#session, this.#context.maxRetryAfterMs),
    );
  }

  get #watched(): BatchOptions<Input, Output> {
    const { onFinish } = this.#options;
    return {
      ...this.#options,
      clock: this.#context.clock,
      onFinish: (report) => {
        onFinish?.(report);
        this.#status = report.status;
      },
    };
  }

  async #answer(inputs: readonly Input[], options: CallOptions): Promise<(Output | Error)[]> {
    const [session, taken, stop] = [this.#session, this.#taken, this.#stopSignals(options)];
    const call = new CallRun({ ...this.#context, session, inputs, stop, taken }, options);
    try {
      return await call.run();
    } finally {
      this.#isJobLeft ||= call.isJobLeft;
    }
  }

  #track<T>(call: Promise<T>): Promise<T> {
    this.#calls.add(call);
    const done = (): void => void this.#calls.delete(call);
    // oxlint-disable-next-line promise/no-callback-in-promise -- either way the call is over
    call.then(done, done);
    return call;
  }

  #startClock(): () => void {
    const { maxWaitMs } = this.#session.options;
    if (maxWaitMs === undefined || maxWaitMs === Infinity) return () => undefined;
    const controller = new AbortController();
    this.#timeout = controller;
    return this.#context.clock.after(maxWaitMs, () => controller.abort(timedOut(maxWaitMs)));
  }

  #stopSignals({ signal }: CallOptions): StopSignals {
    const timeout = this.#timeout?.signal;
    const noLongerAwaited = anyOf(signal, timeout);
    return { signal: anyOf(signal), timeout, noLongerAwaited, closed: anyOf(noLongerAwaited, this.#options.drain) };
  }
}
