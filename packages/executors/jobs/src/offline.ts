import {
  ArgumentError,
  type BatchOptions,
  type CallOptions,
  type Completed,
  type Inputs,
  Runnable,
  type RunnableSettings,
} from "@batchwise/core";
import { type JobEstimate, estimateJobs } from "./estimate-jobs.ts";
import { type JobTerms, jobTerms } from "./job-terms.ts";
import { checkOptions, type OfflineOptions } from "./options.ts";
import { SharedSession } from "./shared-session.ts";
import { untilReturn } from "./until-return.ts";

/** Inputs of a lazy source in jobs at once. */
const WINDOW = 200_000;

/**
 * The same Runnable through its provider's offline jobs: cheaper, and within a day instead of at once. Its `batch` gives
 * the results of the live one, and a process that was killed resumes its jobs when it runs the same batch again.
 *
 * @throws ArgumentError for a Runnable without `settings.jobs`, or an option that is unknown or has a wrong value
 *
 * @example
 * const embeddings = offline(new OpenAIEmbeddings(), { store: folderStore("jobs") });
 * const vectors = await embeddings.batch(texts);
 */
export function offline<Input, Output>(
  runnable: Runnable<Input, Output>,
  options: OfflineOptions,
): Offline<Input, Output> {
  return new Offline(runnable, options);
}

/** Runnable that `offline` returns. */
export class Offline<Input, Output> extends Runnable<Input, Output> {
  override readonly settings: RunnableSettings<Input, Output>;
  readonly #options: OfflineOptions;
  readonly #terms: () => Promise<JobTerms<Input, Output>>;
  readonly #session: SharedSession<Input, Output>;

  constructor(runnable: Runnable<Input, Output>, options: OfflineOptions) {
    super();
    checkOptions(options);
    this.#options = options;
    this.#terms = jobTerms(runnable, options);
    this.#session = new SharedSession(runnable, options, this.#terms);
    const { weigh, callOptions } = runnable.settings ?? {};
    this.settings = {
      request: { maxInputs: options.window ?? WINDOW },
      ...(weigh === undefined ? {} : { weigh }),
      ...(callOptions === undefined ? {} : { callOptions }),
    };
  }

  /** Runs a job of one input. */
  override async invoke(input: Input, options: CallOptions = {}): Promise<Output> {
    const [slot] = await this.batch([input], { ...options, returnExceptions: true });
    if (slot instanceof Error) throw slot;
    return slot as Output;
  }

  /**
   * Outputs in input order, as the live `batch` gives them, once their jobs have ended. Whatever has to be remembered is
   * in the store before a job is created, and is forgotten when all inputs have an outcome.
   *
   * @throws BatchError at the first failure, with what finished in `outcomes`. With `returnExceptions` a failed input
   * has its Error in its slot.
   * @throws JobStoreError where another process holds the store, it is damaged, or it cannot be reached
   * @throws the signal's reason, when aborted or drained without `returnExceptions`
   */
  override batch(
    inputs: Inputs<Input>,
    options: BatchOptions<Input, Output> & { readonly returnExceptions: true },
  ): Promise<(Output | Error)[]>;
  override batch(
    inputs: Inputs<Input>,
    options?: BatchOptions<Input, Output> & { readonly returnExceptions?: false },
  ): Promise<Output[]>;
  override batch(inputs: Inputs<Input>, options?: BatchOptions<Input, Output>): Promise<(Output | Error)[]>;
  override async batch(inputs: Inputs<Input>, options: BatchOptions<Input, Output> = {}): Promise<(Output | Error)[]> {
    this.#requireCapsThatHold(options);
    // Aborted before it began: the engine ends it without a call.
    if (options.signal?.aborted === true) return super.batch(inputs, options);
    // The caller may change the array while the store is opened.
    const kept = Array.isArray(inputs) ? (inputs.slice() as Input[]) : inputs;
    const visit = this.#session.visit(options);
    try {
      const batch = await visit.enter();
      return await (batch === undefined ? super.batch(kept, options) : batch.run(kept));
    } finally {
      await visit.leave();
    }
  }

  /**
   * Outcomes as jobs end, of which only those of a job or two are in memory. All inputs are in jobs at once, as those of
   * `batch`. The jobs are remembered until one more outcome than there are is asked for: where the loop is left before, or
   * the process killed, the same inputs give all outcomes again.
   *
   * @throws as `batchAsCompleted` does; JobStoreError as `batch`
   */
  batchAsJobsEnd(
    inputs: readonly Input[],
    options: BatchOptions<Input, Output> = {},
  ): AsyncIterableIterator<Completed<Input, Output>> {
    return untilReturn(options.signal, (signal) => this.#outcomes(inputs, { ...options, signal }));
  }

  async *#outcomes(
    inputs: readonly Input[],
    options: BatchOptions<Input, Output>,
  ): AsyncGenerator<Completed<Input, Output>, void> {
    this.#requireCapsThatHold(options);
    const kept = inputs.slice();
    const visit = this.#session.visit(options);
    try {
      const batch = await visit.enter();
      yield* batch?.outcomes(kept) ?? super.batchAsCompleted(kept, options);
    } finally {
      await visit.leave();
    }
  }

  #requireCapsThatHold({ maxCost, maxTokens }: BatchOptions<Input, Output>): void {
    if (this.#options.fallback === undefined || (maxCost === undefined && maxTokens === undefined)) return;
    throw new ArgumentError(
      `Expected no \`${maxCost === undefined ? "maxTokens" : "maxCost"}\` with \`fallback: "live"\`, got one. Leave one out: ` +
        "what jobs and live calls have cost is not known in time to hold it.",
    );
  }

  /**
   * Estimate of `batch`, before anything is sent: jobs, tokens, cost, and the live cost.
   *
   * Inputs that would be refused count as inputs only.
   */
  async estimateJobs(inputs: Iterable<Input>): Promise<JobEstimate> {
    return estimateJobs([...inputs], await this.#terms());
  }

  /**
   * Resolves when ended batches have released the store. One that ended early releases it a moment later: it waits for a
   * call that creates a job, so that the job is noted down.
   */
  async close(): Promise<void> {
    await this.#session.idle();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
