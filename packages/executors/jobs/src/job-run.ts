import { type JobState, sleep } from "@batchwise/core";
import { isGone, isOverCapacity, isTooLarge, jobLeft } from "./errors.ts";
import { askedMs, jittered } from "./persist.ts";
import { pollJob } from "./poll-job.ts";
import { HURRY_MS, ProviderJob } from "./provider-job.ts";
import { type JobRows, readRows } from "./read-rows.ts";
import { Rows } from "./rows.ts";
import type { JobContext } from "./session.ts";
import { lineOf, pick, type Shard } from "./shard.ts";
import { within } from "./signals.ts";

/** Time for the provider to hand over what was finished once the batch's is up. */
const CANCEL_MS = 600_000;

/** Wait of a job that was refused for lack of capacity: it doubles, and the longest is repeated for a day. */
const FIRST_REFUSAL_MS = 60_000;
const LONGEST_REFUSAL_MS = 900_000;
const MOST_REFUSALS = 100;
/** Refusals in a row, with no other job of ours enqueued, after which the job itself is too large. */
const REFUSALS_ALONE = 2;

/** One shard, from its job's creation to the job's rows. */
export class JobRun<Input, Output> {
  readonly job: ProviderJob<Input, Output>;
  readonly #shard: Shard;
  readonly #context: JobContext<Input, Output>;

  constructor(shard: Shard, context: JobContext<Input, Output>) {
    this.job = new ProviderJob(shard, context);
    this.#shard = shard;
    this.#context = context;
  }

  /**
   * Resumes the job that an earlier run has left, or creates it; waits for its end, and reads its rows. "no room" where the
   * provider has no capacity for a job as large as this one, "too large" where it takes no file of its size.
   *
   * @param taken called once the provider has it
   * @throws the reason of the signal that ends the wait; the provider's error where no further try helps
   * @throws JobStoreError where the job cannot be noted down
   */
  async end(taken: () => void): Promise<JobRows<Output> | "no room" | "too large"> {
    let alone = 0;
    for (let refusals = 0; ; refusals++) {
      const end = await this.#once(taken);
      if (isTooLarge(end.reason)) return "too large";
      if (end.rows.size > 0 || !isOverCapacity(end.reason) || refusals >= MOST_REFUSALS) return end;
      alone = this.#context.session.creationQueue.enqueuedTokens === 0 ? alone + 1 : 0;
      if (alone >= REFUSALS_ALONE && this.#shard.lines > 1) return "no room";
      await this.#waitForCapacity(refusals);
    }
  }

  async #once(taken: () => void): Promise<JobRows<Output>> {
    const id = await this.job.attach().catch((error: unknown) => {
      const isWaitedFor = isOverCapacity(error) && askedMs(error as Error) <= this.#context.maxRetryAfterMs;
      if (!isWaitedFor && !(isTooLarge(error) && this.#shard.lines > 1)) throw error;
      return error as Error;
    });
    if (typeof id !== "string") return { rows: new Rows(0), reason: id };
    taken();
    try {
      const { reason } = await this.#untilEnded(id);
      const read = await this.#read(id, reason);
      if (read.rows.flaw !== undefined) throw read.rows.flaw;
      return read;
    } catch (error) {
      if (this.#context.stop.noLongerAwaited.aborted) throw error;
      if (!isGone(error)) throw jobLeft(error as Error);
      // Its rows cannot be read any more: its inputs count as not worked on.
      await this.job.forget();
      return { rows: new Rows(0), reason: undefined };
    } finally {
      this.#context.session.creationQueue.leave(this.#shard.tokens);
    }
  }

  /** Polls the job until it has ended. Once the batch's time is up, it is canceled, and has a while for what was finished. */
  async #untilEnded(id: string): Promise<JobState> {
    const { session, clock, stop } = this.#context;
    const { signal, noLongerAwaited } = stop;
    try {
      return await pollJob(id, this.#context, this.job.patience(noLongerAwaited));
    } catch (reason) {
      const isLate = noLongerAwaited.aborted && !signal.aborted;
      if (!isLate || session.options.fallback !== "live" || !(await this.job.cancel(true))) throw reason;
      return await within(CANCEL_MS, clock, signal, (inTime) =>
        pollJob(id, this.#context, this.job.patience(inTime.signal), HURRY_MS),
      );
    }
  }

  /** Reads all rows, in any order (P7). */
  #read(id: string, reason: Error | undefined): Promise<JobRows<Output>> {
    const { session, inputs, clock, stop } = this.#context;
    const { isCanceled } = this.job;
    const inputsOf = (line: string): readonly Input[] => pick(inputs, this.#shard.positionsOf(lineOf(line)));
    const wanted = isCanceled ? stop.signal : stop.noLongerAwaited;
    return within(isCanceled ? CANCEL_MS : undefined, clock, wanted, ({ signal }) => {
      const paid = this.job.patience(signal);
      const readInto = (rows: Rows<Output>): Promise<void> =>
        session.reading.read(session.backend.rows(id, inputsOf, { signal }), (row) => rows.add(row), paid);
      return readRows(readInto, this.#shard.lines, reason, paid);
    });
  }

  async #waitForCapacity(refusals: number): Promise<void> {
    const { clock, random, onJob, stop } = this.#context;
    const id = this.job.id ?? "";
    const delayMs = jittered(Math.min(LONGEST_REFUSAL_MS, FIRST_REFUSAL_MS * 2 ** refusals), random);
    await this.job.forget();
    onJob({ type: "refused", id, delayMs });
    await sleep(delayMs, clock, stop.closed);
  }
}
