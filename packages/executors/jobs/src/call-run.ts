import { type CallOptions, toError } from "@batchwise/core";
import { Answers, place, reasonFor } from "./answers.ts";
import { isFatal, JobLeftError } from "./errors.ts";
import { JobRun } from "./job-run.ts";
import { reportJob } from "./report-job.ts";
import { sendLive } from "./send-live.ts";
import type { JobContext } from "./session.ts";
import type { Shard, ShardLimits } from "./shard.ts";
import { shards } from "./shards.ts";

/** One call of the engine: its inputs through one job, or a few in turn. */
export class CallRun<Input, Output> {
  readonly #context: JobContext<Input, Output>;
  readonly #options: CallOptions;
  readonly #answers: Answers<Output>;
  /** True once a job goes on whose end this call does not wait for. */
  isJobLeft = false;

  constructor(context: JobContext<Input, Output>, options: CallOptions) {
    this.#context = context;
    this.#options = options;
    this.#answers = new Answers(context.inputs.length);
  }

  /** Outcomes of all inputs, in their order. */
  async run(): Promise<(Output | Error)[]> {
    const { backend, caps, weigh } = this.#context.session;
    const { slots } = this.#answers;
    const refuse = (position: number, error: Error): void => this.#answers.fill(position, error);
    const limits: ShardLimits<Input> = { backend, caps, weigh, refuse };
    const toIsolate = await this.#runJobs(slots.keys(), limits);
    // Each on a line of its own: one more job finds every bad input.
    if (toIsolate.length > 0) await this.#runJobs(toIsolate, { ...limits, caps: { ...caps, inputsPerLine: 1 } });
    return slots;
  }

  /** Runs jobs for these inputs, in turn. Returns inputs that need a line of their own. */
  async #runJobs(positions: Iterable<number>, limits: ShardLimits<Input>): Promise<number[]> {
    const { inputs, session } = this.#context;
    const toIsolate: number[][] = [];
    for (const shard of shards(inputs, positions, limits)) {
      const end = session.journal.isSplit(shard.key) ? "too large" : await this.#runJob(shard);
      if (end !== "too large") toIsolate.push(end);
      else {
        const caps = { ...limits.caps, enqueuedTokens: shard.tokens / 2, lines: Math.ceil(shard.lines / 2) };
        toIsolate.push(await this.#runJobs(shard.positions, { ...limits, caps }));
      }
    }
    return toIsolate.flat();
  }

  async #runJob(shard: Shard): Promise<number[] | "too large"> {
    const { session, stop } = this.#context;
    const answers = this.#answers;
    const run = new JobRun(shard, this.#context);
    const { job } = run;
    try {
      const end = await run.end();
      if (end === "too large") {
        await session.journal.split(shard.key);
        await job.forget();
        return end;
      }
      const toIsolate = place(shard, end.rows, answers);
      reportJob(shard, job.id, end, this.#context, this.#options.report);
      this.isJobLeft ||= JobLeftError.isInstance(end.reason);
      const isolated = new Set(toIsolate);
      const rest = answers.open(shard.positions).filter((position) => !isolated.has(position));
      if (rest.length > 0 && this.#goesLive) await this.#live(rest);
      for (const position of rest) answers.fill(position, reasonFor(end.reason));
      return toIsolate;
    } catch (error) {
      if (stop.signal.aborted) {
        if (session.options.cancelOnAbort === true) await job.cancel();
        throw stop.signal.reason;
      }
      if (this.#goesLive) {
        await job.cancel(true);
        await this.#live(answers.open(shard.positions));
        return [];
      }
      if (isFatal(error)) throw error;
      this.isJobLeft ||= job.isNoted || stop.timeout?.aborted === true;
      answers.fillOpen(shard.positions, toError(error));
      return [];
    }
  }

  /** True once the time for jobs is up and the rest is to be sent live. */
  get #goesLive(): boolean {
    const { session, stop } = this.#context;
    return stop.timeout?.aborted === true && session.options.fallback === "live";
  }

  async #live(positions: readonly number[]): Promise<void> {
    const outputs = await sendLive(this.#context, positions, this.#options);
    for (const [index, position] of positions.entries()) this.#answers.fill(position, outputs[index] as Output | Error);
  }
}
