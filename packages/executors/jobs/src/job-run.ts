import { type JobState, ProviderError, sleep } from "@batchwise/core";
import { Rows } from "./answers.ts";
import { hasNoList, isGone, isOverCapacity, jobLeft, overdue } from "./errors.ts";
import type { JobEntry } from "./journal.ts";
import { askedMs, isWorthAsking, jittered, type Patience, persist, type RetryContext } from "./persist.ts";
import { type JobRows, readRows } from "./read-rows.ts";
import type { BatchContext, Session, StopSignals } from "./session.ts";
import { lineOf, pick, type Shard } from "./shards.ts";
import { anyOf, deadline } from "./signals.ts";

/** End of a job. */
type JobEnd<Output> =
  | ({ readonly kind: "rows" } & JobRows<Output>)
  /** The provider has no capacity for a job as large as this one. */
  | { readonly kind: "too large" };

const FIRST_POLL_MS = 15_000;
const LONGEST_POLL_MS = 300_000;
const POLL_FACTOR = 1.5;
/** Longest time for which a job may go on: providers promise a day, and Azure lets it take longer. */
const LONGEST_JOB_HOURS = 72;
const HOUR_MS = 3_600_000;

/** Times for the provider once the batch's is up: to take the cancellation, and to hand over what was finished. */
const HURRY_MS = 10_000;
const CANCEL_MS = 600_000;
const HURRIED_TRIES = 3;

/** Wait of a job that was refused for lack of capacity: it doubles, and the longest is repeated for a day. */
const FIRST_REFUSAL_MS = 60_000;
const LONGEST_REFUSAL_MS = 900_000;
const MOST_REFUSALS = 100;
/** Refusals in a row, with no other job of ours enqueued, after which the job itself is too large. */
const REFUSALS_ALONE = 2;

/** One job, from the note in the journal that it is going to be created, to its rows. */
export class JobRun<Input, Output> {
  readonly #session: Session<Input, Output>;
  readonly #shard: Shard;
  readonly #inputs: readonly Input[];
  readonly #context: BatchContext;
  readonly #taken: Set<JobEntry>;
  /** Aborted when the result is no longer wanted. */
  readonly #signal: AbortSignal;
  /** Aborted when the batch no longer waits for the job. */
  readonly #noLongerAwaited: AbortSignal;
  /** Aborted when no job is to be created any more. */
  readonly #closed: AbortSignal;
  #entry: JobEntry | undefined;
  /** True where the provider may have the job, although its id is unknown. */
  #mayExist = false;
  /** True once its cancellation was asked for. */
  #isCanceled = false;

  /** @param taken collects the jobs of the journal that this run has taken */
  constructor(
    session: Session<Input, Output>,
    shard: Shard,
    inputs: readonly Input[],
    stop: StopSignals,
    context: BatchContext,
    taken: Set<JobEntry>,
  ) {
    this.#session = session;
    this.#shard = shard;
    this.#inputs = inputs;
    this.#context = context;
    this.#taken = taken;
    this.#signal = stop.signal;
    this.#noLongerAwaited = anyOf(stop.signal, stop.timeout);
    this.#closed = anyOf(stop.signal, stop.timeout, stop.drain);
  }

  /** The provider's id of the job, once it is known. */
  get id(): string | undefined {
    return this.#entry?.id;
  }

  /** True where the journal has a note of it: it goes on, or may have been created. */
  get isNoted(): boolean {
    return this.#entry !== undefined;
  }

  /**
   * Resumes the job that an earlier run has left, or creates it; waits for its end, and reads its rows.
   *
   * @throws the reason of the signal that ends the wait; the provider's error where no further try helps
   * @throws JobStoreError where the job cannot be noted down
   */
  async end(): Promise<JobEnd<Output>> {
    let alone = 0;
    for (let refusals = 0; ; refusals++) {
      const { rows, reason } = await this.#once();
      if (rows.size > 0 || reason === undefined || !isOverCapacity(reason) || refusals >= MOST_REFUSALS) {
        return { kind: "rows", rows, reason };
      }
      alone = this.#session.creationQueue.enqueuedTokens === 0 ? alone + 1 : 0;
      if (alone >= REFUSALS_ALONE && this.#shard.lines > 1) return { kind: "too large" };
      await this.#waitForCapacity(refusals);
    }
  }

  /**
   * Cancels the job, if there is one. Its finished rows stay.
   *
   * @param isHurried whether the batch waits for it
   * @returns whether the provider has taken it
   */
  async cancel(isHurried: boolean = false): Promise<boolean> {
    if (this.#isCanceled) return false;
    this.#isCanceled = true;
    const { backend } = this.#session;
    using hurry = isHurried ? deadline(this.#context.clock, HURRY_MS) : undefined;
    const signal = hurry?.signal ?? NEVER;
    const patience = { ...this.#context, signal, ...(isHurried ? { tries: 1 } : {}) };
    try {
      const id = this.#entry?.id ?? (this.#entry && (await this.#find(this.#entry.tag, patience)));
      if (id === undefined) return false;
      await persist(() => backend.cancel(id, { signal }), patience);
      this.#context.onJob({ type: "canceled", id });
      return true;
    } catch {
      // It goes on then, and is found in the journal unless all is done without it.
      return false;
    }
  }

  /** Forgets a job that has no rows. */
  async forget(): Promise<void> {
    if (this.#entry === undefined) return;
    await this.#session.journal.drop([this.#entry]);
    this.#taken.delete(this.#entry);
    this.#entry = undefined;
  }

  async #once(): Promise<JobRows<Output>> {
    const id = await this.#attach().catch((error: unknown) => {
      if (!isOverCapacity(error) || askedMs(error as Error) > this.#context.maxRetryAfterMs) throw error;
      return error as Error;
    });
    if (typeof id !== "string") return { rows: new Rows(0), reason: id };
    try {
      const { reason } = await this.#untilEnded(id);
      const read = await this.#read(id, reason);
      if (read.rows.flaw !== undefined) throw read.rows.flaw;
      return read;
    } catch (error) {
      if (this.#noLongerAwaited.aborted) throw error;
      if (!isGone(error)) throw jobLeft(error as Error);
      // Its rows cannot be read any more: its inputs count as not worked on.
      await this.forget();
      return { rows: new Rows(0), reason: undefined };
    } finally {
      this.#session.creationQueue.leave(this.#shard.tokens);
    }
  }

  // ---- from nothing to a job ----

  /** Finds or creates the job, whose tokens count from now on. Returns its id. */
  async #attach(): Promise<string> {
    const { journal, creationQueue } = this.#session;
    const known = this.#take(journal.claim(this.#shard.key));
    this.#mayExist = known !== undefined;
    let hasEntered = false;
    try {
      const found = known && (known.id ?? (await this.#findNoted(known)));
      if (found !== undefined) {
        creationQueue.join(this.#shard.tokens);
        this.#announce("reattached", found);
        return found;
      }
      await creationQueue.enter(this.#shard.tokens, this.#closed);
      hasEntered = true;
      const entry = known ?? this.#take(await journal.intend(this.#shard.key, newTag(this.#shard.key)));
      const id = await this.#create(entry as JobEntry);
      await journal.created(entry as JobEntry, id);
      this.#announce("created", id);
      return id;
    } catch (error) {
      if (hasEntered) creationQueue.leave(this.#shard.tokens);
      // A refused job does not exist; otherwise the next try looks for it before it creates one.
      if (!this.#mayExist) await this.forget();
      else if (this.#entry !== undefined) journal.release(this.#entry);
      throw error;
    } finally {
      if (hasEntered) creationQueue.created();
    }
  }

  /** Creates the job, with the same tag at every try: where an answer was lost, the job is found by its tag. */
  #create({ tag }: JobEntry): Promise<string> {
    const { backend } = this.#session;
    const lines = this.#shard.write();
    const create = async (): Promise<string> => {
      const mightExist = this.#mayExist;
      this.#mayExist = true;
      try {
        return await backend.create(lines, tag, { signal: this.#noLongerAwaited });
      } catch (error) {
        this.#mayExist = mightExist || !isRefused(error);
        throw error;
      }
    };
    return persist(create, { ...this.#context, signal: this.#closed }, () =>
      this.#mayExist ? this.#findLate(tag) : Promise.resolve(undefined),
    );
  }

  async #findNoted(entry: JobEntry): Promise<string | undefined> {
    const id = await this.#findLate(entry.tag);
    if (id !== undefined) await this.#session.journal.created(entry, id);
    return id;
  }

  /** Looks twice: a job that has just been created may not be listed yet. */
  async #findLate(tag: string): Promise<string | undefined> {
    const patience = this.#paid(this.#noLongerAwaited);
    const id = await this.#find(tag, patience);
    if (id !== undefined) return id;
    await sleep(this.#firstPollMs, this.#context.clock, this.#closed);
    return this.#find(tag, patience);
  }

  /** Looks for a job by its tag. Where the provider has no list of jobs, it cannot be known whether there is one. */
  async #find(tag: string, patience: RetryContext): Promise<string | undefined> {
    const { signal } = patience;
    try {
      const jobs = await persist(() => this.#session.backend.find(tag, { signal }), patience);
      return jobs.find((job) => job.tag === tag)?.id;
    } catch (error) {
      if (hasNoList(error)) return undefined;
      throw error;
    }
  }

  #take(entry: JobEntry | undefined): JobEntry | undefined {
    this.#entry = entry;
    if (entry !== undefined) this.#taken.add(entry);
    return entry;
  }

  #announce(type: "created" | "reattached", id: string): void {
    this.#context.onJob({ type, id, tag: this.#entry?.tag ?? "", inputs: this.#shard.positions.length });
  }

  // ---- from a job to its rows ----

  get #firstPollMs(): number {
    return this.#session.options.pollMs ?? FIRST_POLL_MS;
  }

  /** Polls the job until it has ended. Once the batch's time is up, it is canceled, and has a while for what was finished. */
  async #untilEnded(id: string): Promise<JobState> {
    try {
      return await this.#poll(id, this.#paid(this.#noLongerAwaited));
    } catch (reason) {
      const isLate = this.#noLongerAwaited.aborted && !this.#signal.aborted;
      if (!isLate || this.#session.options.fallback !== "live" || !(await this.cancel(true))) throw reason;
      using late = deadline(this.#context.clock, CANCEL_MS);
      return await this.#poll(id, this.#paid(anyOf(this.#signal, late.signal)));
    }
  }

  async #poll(id: string, paid: Patience): Promise<JobState> {
    const { backend, options } = this.#session;
    const { clock, random, onJob, maxRetryAfterMs } = this.#context;
    const { signal } = paid;
    const firstMs = this.#firstPollMs;
    const longestMs = options.maxPollMs ?? Math.max(firstMs, LONGEST_POLL_MS);
    const startedAt = clock.now();
    let delayMs = firstMs;
    for (;;) {
      const state = await persist(async () => {
        using hurry = this.#isCanceled ? deadline(clock, HURRY_MS) : undefined;
        return await backend.poll(id, { signal: anyOf(signal, hurry?.signal) });
      }, paid);
      onJob({ type: "polled", id, status: state.status, done: state.done });
      if (state.status === "ended") return state;
      // With a time of its own, the batch says how long it waits.
      const isOver = options.maxWaitMs === undefined && clock.now() - startedAt > LONGEST_JOB_HOURS * HOUR_MS;
      // What it has written by then can be read all the same.
      if (isOver) return { status: "ended", reason: jobLeft(overdue(LONGEST_JOB_HOURS)) };
      const asked = Math.min(state.pollAfterMs ?? 0, maxRetryAfterMs);
      await sleep(Math.max(jittered(delayMs, random), asked), clock, signal);
      delayMs = Math.min(longestMs, delayMs * POLL_FACTOR);
    }
  }

  /** Patience with calls about work that is paid; little of it once the time for it is up. */
  #paid(signal: AbortSignal): Patience {
    const tries = this.#isCanceled ? { tries: HURRIED_TRIES } : {};
    return { ...this.#context, signal, isWorthAnother: isWorthAsking, ...tries };
  }

  /** Reads all rows, in any order (P7). */
  async #read(id: string, reason: Error | undefined): Promise<JobRows<Output>> {
    using late = this.#isCanceled ? deadline(this.#context.clock, CANCEL_MS) : undefined;
    const paid = this.#paid(late === undefined ? this.#noLongerAwaited : anyOf(this.#signal, late.signal));
    const { signal } = paid;
    const { lines } = this.#shard;
    const inputsOf = (line: string): readonly Input[] => pick(this.#inputs, this.#shard.positionsOf(lineOf(line)));
    const { backend, reading } = this.#session;
    const readInto = (rows: Rows<Output>): Promise<void> =>
      reading.read(backend.rows(id, inputsOf, { signal }), (row) => rows.add(row), paid);
    return readRows(readInto, lines, reason, paid);
  }

  async #waitForCapacity(refusals: number): Promise<void> {
    const { clock, random, onJob } = this.#context;
    const id = this.#entry?.id ?? "";
    const delayMs = jittered(Math.min(LONGEST_REFUSAL_MS, FIRST_REFUSAL_MS * 2 ** refusals), random);
    await this.forget();
    onJob({ type: "refused", id, delayMs });
    await sleep(delayMs, clock, this.#closed);
  }
}

/** True where the provider has said no, so that there is no job. */
function isRefused(error: unknown): boolean {
  return ProviderError.isInstance(error) && (!error.retryable || error.code === "rate_limited");
}

/** Signal of calls that are made even after an abort. */
const NEVER: AbortSignal = new AbortController().signal;

/** Tag of a new job: one whose results were handed over must not be mistaken for one that is being created. */
function newTag(key: string): string {
  return `batchwise-${key.slice(0, 16)}-${crypto.randomUUID().slice(0, 13)}`;
}
