import { type JobState, ProviderError, sleep } from "@batchwise/core";
import { Rows } from "./answers.ts";
import { isGone, isOverCapacity } from "./errors.ts";
import type { JobEntry } from "./journal.ts";
import { jittered, persist } from "./persist.ts";
import { anyOf, type BatchContext, type Session, type StopSignals } from "./session.ts";
import { pick, type Shard } from "./shards.ts";

/** End of a job. */
type JobEnd<Output> =
  | { readonly kind: "rows"; readonly rows: Rows<Output>; readonly reason: Error | undefined }
  /** The provider has no capacity for a job as large as this one. */
  | { readonly kind: "too large" };

const FIRST_POLL_MS = 15_000;
const LONGEST_POLL_MS = 300_000;
const POLL_FACTOR = 1.5;

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
      if (alone >= REFUSALS_ALONE && this.#shard.lines.length > 1) return { kind: "too large" };
      await this.#waitForCapacity(refusals);
    }
  }

  /** Cancels the job, if there is one. Its finished rows stay. */
  async cancel(): Promise<void> {
    const { backend } = this.#session;
    const patience = { ...this.#context, signal: NEVER };
    const id = this.#entry?.id ?? (this.#entry && (await this.#find(this.#entry.tag, NEVER)));
    if (id === undefined) return;
    await persist(() => backend.cancel(id, {}), patience);
    this.#context.onJob({ type: "canceled", id });
  }

  /** Forgets a job that has no rows. */
  async forget(): Promise<void> {
    if (this.#entry === undefined) return;
    await this.#session.journal.drop([this.#entry]);
    this.#taken.delete(this.#entry);
    this.#entry = undefined;
  }

  async #once(): Promise<{ readonly rows: Rows<Output>; readonly reason: Error | undefined }> {
    const id = await this.#attach();
    try {
      const { reason } = await this.#untilEnded(id);
      const rows = await persist(() => this.#read(id), { ...this.#context, signal: this.#signal });
      return { rows, reason };
    } catch (error) {
      if (!isGone(error)) throw error;
      // Its rows cannot be read any more: its inputs count as not worked on.
      await this.forget();
      return { rows: new Rows(), reason: undefined };
    } finally {
      this.#session.creationQueue.leave(this.#shard.tokens);
    }
  }

  // ---- from nothing to a job ----

  /** Finds or creates the job, whose tokens count from now on. Returns its id. */
  async #attach(): Promise<string> {
    const { journal, creationQueue } = this.#session;
    const known = this.#take(journal.claim(this.#shard.key));
    const found = known && (known.id ?? (await this.#findNoted(known)));
    if (known !== undefined && found !== undefined) {
      creationQueue.join(this.#shard.tokens);
      this.#announce("reattached", found);
      return found;
    }
    let hasEntered = false;
    try {
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
      if (ProviderError.isInstance(error) && !error.retryable) await this.forget();
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
    return persist(
      () => backend.create(lines, tag, { signal: this.#signal }),
      { ...this.#context, signal: this.#closed },
      () => this.#findLate(tag),
    );
  }

  async #findNoted(entry: JobEntry): Promise<string | undefined> {
    const id = await this.#findLate(entry.tag);
    if (id !== undefined) await this.#session.journal.created(entry, id);
    return id;
  }

  /** Looks twice: a job that has just been created may not be listed yet. */
  async #findLate(tag: string): Promise<string | undefined> {
    const id = await this.#find(tag, this.#signal);
    if (id !== undefined) return id;
    await sleep(this.#firstPollMs, this.#context.clock, this.#closed);
    return this.#find(tag, this.#signal);
  }

  async #find(tag: string, signal: AbortSignal): Promise<string | undefined> {
    const { backend } = this.#session;
    const jobs = await persist(() => backend.find(tag, { signal }), { ...this.#context, signal });
    return jobs.find((job) => job.tag === tag)?.id;
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

  async #untilEnded(id: string): Promise<JobState> {
    const { backend, options } = this.#session;
    const signal = this.#signal;
    const { clock, random, onJob } = this.#context;
    const firstMs = this.#firstPollMs;
    const longestMs = options.maxPollMs ?? Math.max(firstMs, LONGEST_POLL_MS);
    let delayMs = firstMs;
    let isCanceled = false;
    for (;;) {
      const state = await persist(() => backend.poll(id, { signal }), { ...this.#context, signal });
      onJob({ type: "polled", id, status: state.status, done: state.done });
      if (state.status === "ended") return state;
      try {
        const waitMs = Math.max(jittered(delayMs, random), state.pollAfterMs ?? 0);
        await sleep(waitMs, clock, isCanceled ? signal : this.#noLongerAwaited);
        delayMs = Math.min(longestMs, delayMs * POLL_FACTOR);
      } catch (reason) {
        if (signal.aborted || options.fallback !== "live") throw reason;
        await this.cancel();
        isCanceled = true;
        delayMs = firstMs;
      }
    }
  }

  /** Reads all rows, in any order (P7). */
  async #read(id: string): Promise<Rows<Output>> {
    const rows = new Rows<Output>();
    const inputs = new Map(this.#shard.lines.map((line) => [line.id, line.positions]));
    const inputsOf = (lineId: string): readonly Input[] => pick(this.#inputs, inputs.get(lineId) ?? []);
    const options = { signal: this.#signal };
    for await (const row of this.#session.backend.rows(id, inputsOf, options)) rows.add(row);
    return rows;
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

/** Signal of calls that are made even after an abort. */
const NEVER: AbortSignal = new AbortController().signal;

/** Tag of a new job: one whose results were handed over must not be mistaken for one that is being created. */
function newTag(key: string): string {
  return `batchwise-${key.slice(0, 16)}-${crypto.randomUUID().slice(0, 13)}`;
}
