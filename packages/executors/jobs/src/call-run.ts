import { type CallOptions, toError } from "@batchwise/core";
import { Answers, place, reasonFor } from "./answers.ts";
import { isFatal, isTooLarge, JobLeftError } from "./errors.ts";
import { JobRun } from "./job-run.ts";
import { reportJob } from "./report-job.ts";
import { sendLive } from "./send-live.ts";
import type { JobContext } from "./session.ts";
import type { Shard, ShardLimits } from "./shard.ts";
import { shards } from "./shards.ts";

/** Lines that are too large alone, before any job is taken, after which no file is taken, however small. */
const MANY_TOO_LARGE = 3;

/** One call of the engine: its inputs through one job, or a few in turn. */
export class CallRun<Input, Output> {
  readonly #context: JobContext<Input, Output>;
  readonly #options: CallOptions;
  readonly #answers: Answers<Output>;
  /** True once a job goes on whose end this call does not wait for. */
  isJobLeft = false;
  /** Jobs of one line that were too large; -Infinity once any job was taken. */
  #tooLarge = 0;

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
    const toIsolate: number[][] = [];
    for (const shard of shards(this.#context.inputs, positions, limits)) {
      toIsolate.push(await this.#runShard(shard, limits));
    }
    return toIsolate.flat();
  }

  /** Runs a job, or those of its halves. @param taken called once the provider has it, or all of them */
  async #runShard(shard: Shard, limits: ShardLimits<Input>, taken: () => void = nothing): Promise<number[]> {
    const isSplit = this.#context.session.journal.isSplit(shard.key);
    const end = isSplit ? "no room" : await this.#runJob(shard, taken);
    if (typeof end !== "string") return end;
    const caps = { ...limits.caps, enqueuedTokens: shard.tokens / 2, lines: Math.ceil(shard.lines / 2) };
    const halves = { ...limits, caps };
    if (end === "no room") return this.#runJobs(shard.positions, halves);
    const ends: Promise<number[]>[] = [];
    for (const half of shards(this.#context.inputs, shard.positions, halves)) {
      if (this.#tooLarge >= MANY_TOO_LARGE) break;
      // There is room for them: the next one waits until this one is taken, and not for its end.
      await new Promise<void>((resolve, reject) => {
        const run = this.#runShard(half, halves, resolve);
        ends.push(run);
        run.then(() => resolve(), reject);
      });
    }
    taken();
    return (await Promise.all(ends)).flat();
  }

  async #runJob(shard: Shard, taken: () => void): Promise<number[] | "no room" | "too large"> {
    const { session, stop } = this.#context;
    const answers = this.#answers;
    const run = new JobRun(shard, this.#context);
    const { job } = run;
    try {
      const end = await run.end(() => {
        this.#tooLarge = -Infinity;
        taken();
      });
      if (typeof end === "string") {
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
      const isNoneTaken = isTooLarge(error) && ++this.#tooLarge >= MANY_TOO_LARGE;
      answers.fillOpen(isNoneTaken ? answers.slots.keys() : shard.positions, toError(error));
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

function nothing(): void {
  // Nothing waits for it.
}
