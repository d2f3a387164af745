import {
  BatchwiseError,
  bulkRunnable,
  type BatchOptions,
  type CallOptions,
  type FinishStatus,
  type Inputs,
  type RunnableSettings,
  toError,
} from "@batchwise/core";
import { Answers, place, reasonFor, type Rows } from "./answers.ts";
import { bytesOf, type Cutter, type Draft, drafts, LONGEST_ID, pick } from "./drafts.ts";
import { isFatal, isRetryable, late } from "./errors.ts";
import { JobRun } from "./job-run.ts";
import type { JobEntry } from "./journal.ts";
import { costOf, shareOf } from "./prices.ts";
import { anyOf, type Ends, type Manner, type Session } from "./session.ts";

const ATTEMPTS = 3;
/** Jobs in flight at once. */
const MAX_CONCURRENCY = 20;
/** Before inputs are part of another job, in milliseconds: the first job took longer by far. */
const RETRY_DELAY_MS = 1000;

/** One `batch`: the engine cuts and counts, and each of its calls is a job here, or a few, one after another. */
export class BatchRun<Input, Output> {
  readonly #session: Session<Input, Output>;
  readonly #options: BatchOptions<Input, Output>;
  readonly #manner: Manner;
  readonly #taken = new Set<JobEntry>();
  readonly #calls = new Set<Promise<unknown>>();
  #late: AbortController | undefined;
  #status: FinishStatus | undefined;
  /** Whether a job goes on that nobody waits for any more. */
  #isLeft = false;

  constructor(session: Session<Input, Output>, options: BatchOptions<Input, Output>, manner: Manner) {
    this.#session = session;
    this.#options = options;
    this.#manner = manner;
  }

  /** All inputs, through the engine. */
  async run(inputs: Inputs<Input>): Promise<(Output | Error)[]> {
    const { onFinish } = this.#options;
    const stopClock = this.#startClock();
    try {
      const jobs = bulkRunnable<Input, Output>(
        (some, options) => this.#track(this.#call(some, options)),
        this.#settings,
      );
      return await jobs.batch(inputs, {
        ...this.#options,
        clock: this.#manner.clock,
        onFinish: (report) => {
          onFinish?.(report);
          // Not before: where it could not keep what it was handed, the jobs have to be remembered.
          this.#status = report.status;
        },
      });
    } finally {
      stopClock();
    }
  }

  /** Whether everything has been answered, so that the journal need not remember it. */
  get isDone(): boolean {
    return this.#status === "completed" && !this.#isLeft;
  }

  /**
   * Once no call uses the journal any more: forgets jobs whose results are handed over, and leaves others to whoever
   * comes next.
   */
  async leave(): Promise<void> {
    const { journal } = this.#session;
    await Promise.allSettled(this.#calls);
    try {
      if (this.isDone) await journal.drop(this.#taken);
    } catch (error) {
      this.#manner.onJob({ type: "kept", reason: toError(error) });
    }
    for (const entry of this.#taken) journal.release(entry);
  }

  get #settings(): RunnableSettings<Input, Output> {
    const { backend, caps, live, options, price } = this.#session;
    const { schema, dedupe, callOptions } = live.settings ?? {};
    const { lines = Infinity, inputsPerLine = 1, inputs = Infinity, bytes } = caps;
    return {
      maxConcurrency: MAX_CONCURRENCY,
      request: {
        maxInputs: Math.min(inputs, lines * inputsPerLine),
        ...(bytes === undefined ? {} : { maxBytes: bytes }),
      },
      weigh: (input) => this.#weigh(input),
      retry: { attempts: options.attempts ?? ATTEMPTS, minDelayMs: RETRY_DELAY_MS, shouldRetry: isWorthAnotherJob },
      ...(price === undefined ? {} : { price: shareOf(price, backend.priceShare ?? 1) }),
      ...(schema === undefined ? {} : { schema }),
      ...(dedupe === undefined ? {} : { dedupe }),
      ...(callOptions === undefined ? {} : { callOptions }),
    };
  }

  /** @throws InputError for an input that no job is asked: the engine fails it at once */
  #weigh(input: Input): { readonly tokens: number; readonly bytes?: number } {
    const { backend, caps, tokens } = this.#session;
    backend.check?.(input);
    if (caps.bytes === undefined) return { tokens: tokens(input) };
    return { tokens: tokens(input), bytes: bytesOf(backend.line([input], LONGEST_ID)) };
  }

  #track<T>(call: Promise<T>): Promise<T> {
    this.#calls.add(call);
    const done = (): void => void this.#calls.delete(call);
    // oxlint-disable-next-line promise/no-callback-in-promise -- both ends are the same here
    call.then(done, done);
    return call;
  }

  async #call(inputs: readonly Input[], options: CallOptions): Promise<(Output | Error)[]> {
    const answers = new Answers<Output>(inputs.length);
    const call = new OneCall(inputs, options, answers, this.#endsOf(options));
    const cutter: Cutter<Input> = {
      backend: this.#session.backend,
      caps: this.#session.caps,
      tokens: this.#session.tokens,
      refuse: (position, error) => answers.fill(position, error),
    };
    const spoilt = await this.#carryOut(call, answers.slots.keys(), cutter);
    // Each on a line of its own: one more job finds all who spoil their lines.
    if (spoilt.length > 0)
      await this.#carryOut(call, spoilt, { ...cutter, caps: { ...cutter.caps, inputsPerLine: 1 } });
    return answers.slots;
  }

  /** Jobs for these inputs, one after another. Returns the inputs of lines that one of their inputs spoilt. */
  async #carryOut(call: OneCall<Input, Output>, positions: Iterable<number>, cutter: Cutter<Input>): Promise<number[]> {
    const spoilt: number[][] = [];
    for (const draft of drafts(call.inputs, positions, cutter)) {
      const end = this.#session.journal.isSplit(draft.key) ? "too large" : await this.#job(call, draft);
      if (end !== "too large") spoilt.push(end);
      else {
        const caps = { ...cutter.caps, enqueuedTokens: draft.tokens / 2, lines: Math.ceil(draft.lines.length / 2) };
        spoilt.push(await this.#carryOut(call, draft.positions, { ...cutter, caps }));
      }
    }
    return spoilt.flat();
  }

  async #job(call: OneCall<Input, Output>, draft: Draft): Promise<number[] | "too large"> {
    const { options, journal } = this.#session;
    const { answers, ends } = call;
    const job = new JobRun(this.#session, draft, call.inputs, ends, this.#manner, this.#taken);
    try {
      const end = await job.end();
      if (end.kind === "too large") {
        await journal.split(draft.key);
        await job.forget();
        return "too large";
      }
      const spoilt = place(draft, end.rows, answers);
      this.#report(call, draft, job.id, end);
      const rest = without(answers.open(draft.positions), spoilt);
      if (rest.length > 0 && this.#goesLive) await this.#live(call, rest);
      for (const position of rest) answers.fill(position, reasonFor(end.reason));
      return spoilt;
    } catch (error) {
      if (ends.signal.aborted) {
        if (options.cancelOnAbort === true) await job.cancel();
        throw ends.signal.reason;
      }
      if (this.#goesLive) {
        await job.cancel();
        await this.#live(call, answers.open(draft.positions));
        return [];
      }
      if (isFatal(error)) throw error;
      this.#isLeft ||= job.isNoted || ends.late?.aborted === true;
      answers.fillOpen(draft.positions, toError(error));
      return [];
    }
  }

  // ---- when the time for jobs is up ----

  get #goesLive(): boolean {
    return this.#late?.signal.aborted === true && this.#session.options.fallback === "live";
  }

  async #live({ inputs, options, answers }: OneCall<Input, Output>, positions: readonly number[]): Promise<void> {
    const { live, price } = this.#session;
    const { clock, random } = this.#manner;
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
    this.#late = controller;
    return this.#manner.clock.after(maxWaitMs, () => controller.abort(late(maxWaitMs)));
  }

  #endsOf({ signal }: CallOptions): Ends {
    const { drain } = this.#options;
    return { signal: anyOf(signal), drain, late: this.#late?.signal };
  }

  // ---- what it used ----

  #report(
    { options }: OneCall<Input, Output>,
    draft: Draft,
    id: string | undefined,
    { rows, reason }: { readonly rows: Rows<Output>; readonly reason: Error | undefined },
  ): void {
    const { backend, price } = this.#session;
    const { inputTokens, outputTokens } = rows;
    const liveCost = costOf(price, inputTokens, outputTokens);
    const cost = liveCost === undefined ? undefined : liveCost * (backend.priceShare ?? 1);
    options.report?.({ usage: { inputTokens, outputTokens, ...(cost === undefined ? {} : { cost }) } });
    const answered = draft.lines.reduce(
      (sum, line) => (rows.outcomeOf(line) === undefined ? sum : sum + line.positions.length),
      0,
    );
    const inputs = draft.positions.length;
    this.#manner.onJob({ type: "ended", id, inputs, answered, inputTokens, outputTokens, cost, liveCost, reason });
  }
}

/** One call of the engine: its inputs and where their outcomes go. */
class OneCall<Input, Output> {
  readonly inputs: readonly Input[];
  readonly options: CallOptions;
  readonly answers: Answers<Output>;
  readonly ends: Ends;

  constructor(inputs: readonly Input[], options: CallOptions, answers: Answers<Output>, ends: Ends) {
    this.inputs = inputs;
    this.options = options;
    this.answers = answers;
    this.ends = ends;
  }
}

/** An input that ran out of time may well succeed later, but not in a job that nobody would wait for. */
function isWorthAnotherJob(error: Error): boolean {
  return isRetryable(error) && BatchwiseError.isInstance(error) && error.code !== "timeout";
}

function without(positions: readonly number[], others: readonly number[]): number[] {
  if (others.length === 0) return [...positions];
  const excluded = new Set(others);
  return positions.filter((position) => !excluded.has(position));
}
