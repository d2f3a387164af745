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
import { Answers, countRows, place, reasonFor, type Rows } from "./answers.ts";
import { isFatal, JobLeftError, timedOut } from "./errors.ts";
import { engineSettings } from "./engine-settings.ts";
import { JobRun } from "./job-run.ts";
import type { JobEntry } from "./journal.ts";
import { costOf, jobPriceOf } from "./prices.ts";
import type { BatchContext, Session, StopSignals } from "./session.ts";
import { pick, type Shard, type ShardLimits, shards } from "./shards.ts";
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

  #track<T>(call: Promise<T>): Promise<T> {
    this.#calls.add(call);
    const done = (): void => void this.#calls.delete(call);
    // oxlint-disable-next-line promise/no-callback-in-promise -- either way the call is over
    call.then(done, done);
    return call;
  }

  async #answer(inputs: readonly Input[], options: CallOptions): Promise<(Output | Error)[]> {
    const answers = new Answers<Output>(inputs.length);
    const call = { inputs, options, answers, stop: this.#stopSignals(options) };
    const limits: ShardLimits<Input> = {
      backend: this.#session.backend,
      caps: this.#session.caps,
      weigh: this.#session.weigh,
      refuse: (position, error) => answers.fill(position, error),
    };
    const toIsolate = await this.#runJobs(call, answers.slots.keys(), limits);
    // Each on a line of its own: one more job finds every bad input.
    if (toIsolate.length > 0)
      await this.#runJobs(call, toIsolate, { ...limits, caps: { ...limits.caps, inputsPerLine: 1 } });
    return answers.slots;
  }

  /** Runs jobs for these inputs, in turn. Returns inputs that need a line of their own. */
  async #runJobs(
    call: Call<Input, Output>,
    positions: Iterable<number>,
    limits: ShardLimits<Input>,
  ): Promise<number[]> {
    const toIsolate: number[][] = [];
    for (const shard of shards(call.inputs, positions, limits)) {
      const end = this.#session.journal.isSplit(shard.key) ? "too large" : await this.#runJob(call, shard);
      if (end !== "too large") toIsolate.push(end);
      else {
        const caps = { ...limits.caps, enqueuedTokens: shard.tokens / 2, lines: Math.ceil(shard.lines / 2) };
        toIsolate.push(await this.#runJobs(call, shard.positions, { ...limits, caps }));
      }
    }
    return toIsolate.flat();
  }

  async #runJob(call: Call<Input, Output>, shard: Shard): Promise<number[] | "too large"> {
    const { options, journal } = this.#session;
    const { answers, stop } = call;
    const job = new JobRun(this.#session, shard, call.inputs, stop, this.#context, this.#taken);
    try {
      const end = await job.end();
      if (end.kind === "too large") {
        await journal.split(shard.key);
        await job.forget();
        return "too large";
      }
      const toIsolate = place(shard, end.rows, answers);
      this.#report(call, shard, job.id, end);
      this.#isJobLeft ||= JobLeftError.isInstance(end.reason);
      const rest = without(answers.open(shard.positions), toIsolate);
      if (rest.length > 0 && this.#goesLive) await this.#live(call, rest);
      for (const position of rest) answers.fill(position, reasonFor(end.reason));
      return toIsolate;
    } catch (error) {
      if (stop.signal.aborted) {
        if (options.cancelOnAbort === true) await job.cancel();
        throw stop.signal.reason;
      }
      if (this.#goesLive) {
        await job.cancel(true);
        await this.#live(call, answers.open(shard.positions));
        return [];
      }
      if (isFatal(error)) throw error;
      this.#isJobLeft ||= job.isNoted || stop.timeout?.aborted === true;
      answers.fillOpen(shard.positions, toError(error));
      return [];
    }
  }

  // ---- once the time for jobs is up ----

  get #goesLive(): boolean {
    return this.#timeout?.signal.aborted === true && this.#session.options.fallback === "live";
  }

  async #live({ inputs, options, answers }: Call<Input, Output>, positions: readonly number[]): Promise<void> {
    const { live, price } = this.#session;
    const { clock, random } = this.#context;
    const outputs = await live.batch(pick(inputs, positions), {
      ...options,
      clock,
      random,
      returnExceptions: true,
      report: (facts) => {
        const { inputTokens = facts.usage?.totalTokens ?? 0, outputTokens = 0, cost } = facts.usage ?? {};
        const full = cost ?? costOf(price, inputTokens, outputTokens);
        options.report?.(full === undefined ? facts : { ...facts, usage: { ...facts.usage, cost: full } });
      },
    });
    for (const [index, position] of positions.entries()) answers.fill(position, outputs[index] as Output | Error);
  }

  #startClock(): () => void {
    const { maxWaitMs } = this.#session.options;
    if (maxWaitMs === undefined || maxWaitMs === Infinity) return () => undefined;
    const controller = new AbortController();
    this.#timeout = controller;
    return this.#context.clock.after(maxWaitMs, () => controller.abort(timedOut(maxWaitMs)));
  }

  #stopSignals({ signal }: CallOptions): StopSignals {
    const { drain } = this.#options;
    return { signal: anyOf(signal), drain, timeout: this.#timeout?.signal };
  }

  // ---- usage ----

  #report(
    { options }: Call<Input, Output>,
    shard: Shard,
    id: string | undefined,
    { rows, reason }: { readonly rows: Rows<Output>; readonly reason: Error | undefined },
  ): void {
    const { backend, price } = this.#session;
    const { inputTokens, outputTokens } = rows;
    const liveCost = costOf(price, inputTokens, outputTokens);
    const cost = costOf(jobPriceOf(price, backend.priceShare), inputTokens, outputTokens);
    options.report?.({ usage: { inputTokens, outputTokens, ...(cost === undefined ? {} : { cost }) } });
    const { answered, failed } = countRows(shard, rows);
    const inputs = shard.positions.length;
    this.#context.onJob({
      type: "ended",
      id,
      inputs,
      answered,
      failed,
      inputTokens,
      outputTokens,
      cost,
      liveCost,
      reason,
    });
  }
}

/** One call of the engine: its inputs and where their outcomes go. */
interface Call<Input, Output> {
  readonly inputs: readonly Input[];
  readonly options: CallOptions;
  readonly answers: Answers<Output>;
  readonly stop: StopSignals;
}

function without(positions: readonly number[], others: readonly number[]): number[] {
  if (others.length === 0) return [...positions];
  const excluded = new Set(others);
  return positions.filter((position) => !excluded.has(position));
}
