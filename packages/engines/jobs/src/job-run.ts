import { type JobState, ProviderError, sleep } from "@batchwise/core";
import { Rows } from "./answers.ts";
import { type Draft, pick } from "./drafts.ts";
import { isForRoom, isGone } from "./errors.ts";
import type { JobEntry } from "./journal.ts";
import { jittered, persist } from "./persist.ts";
import { anyOf, type Ends, type Manner, type Session } from "./session.ts";

/** How a job ended. */
type JobEnd<Output> =
  | { readonly kind: "rows"; readonly rows: Rows<Output>; readonly reason: Error | undefined }
  /** The provider has no room for a job as large as this one. */
  | { readonly kind: "too large" };

const FIRST_POLL_MS = 15_000;
const LONGEST_POLL_MS = 300_000;
const POLL_FACTOR = 1.5;

/** How long a job waits that there was no room for. The longest wait comes again and again, for a day. */
const FIRST_ROOM_MS = 60_000;
const LONGEST_ROOM_MS = 900_000;
const MOST_REFUSALS = 100;
/** Refusals in a row, with nothing else of ours in the provider's queue, after which the job itself is too large. */
const REFUSALS_ALONE = 2;

/** One job, from the note in the journal that it is going to be created, to its rows. */
export class JobRun<Input, Output> {
  readonly #session: Session<Input, Output>;
  readonly #draft: Draft;
  readonly #inputs: readonly Input[];
  readonly #manner: Manner;
  readonly #taken: Set<JobEntry>;
  /** The result is not wanted any more. */
  readonly #signal: AbortSignal;
  /** Nobody waits for a job any more. */
  readonly #unwaited: AbortSignal;
  /** No job is to be created any more. */
  readonly #closed: AbortSignal;
  #entry: JobEntry | undefined;

  /** @param taken gets every job of the journal that this run has taken */
  constructor(
    session: Session<Input, Output>,
    draft: Draft,
    inputs: readonly Input[],
    ends: Ends,
    manner: Manner,
    taken: Set<JobEntry>,
  ) {
    this.#session = session;
    this.#draft = draft;
    this.#inputs = inputs;
    this.#manner = manner;
    this.#taken = taken;
    this.#signal = ends.signal;
    this.#unwaited = anyOf(ends.signal, ends.late);
    this.#closed = anyOf(ends.signal, ends.late, ends.drain);
  }

  /** The provider's id of the job, as far as there is one. */
  get id(): string | undefined {
    return this.#entry?.id;
  }

  /** Whether the journal holds a note of it: it goes on, or may have been created. */
  get isNoted(): boolean {
    return this.#entry !== undefined;
  }

  /**
   * Takes up the job that an earlier run has left, or creates it; waits until it has ended, and reads its rows.
   *
   * @throws the reason of whichever signal ends the waiting; the provider's error where no further try helps
   * @throws JobStoreError where the job cannot be noted down
   */
  async end(): Promise<JobEnd<Output>> {
    let alone = 0;
    for (let refusals = 0; ; refusals++) {
      const { rows, reason } = await this.#once();
      if (rows.size > 0 || reason === undefined || !isForRoom(reason) || refusals >= MOST_REFUSALS) {
        return { kind: "rows", rows, reason };
      }
      alone = this.#session.room.enqueued === 0 ? alone + 1 : 0;
      if (alone >= REFUSALS_ALONE && this.#draft.lines.length > 1) return { kind: "too large" };
      await this.#waitForRoom(refusals);
    }
  }

  /** Asks the job to stop, if there is one. Its finished rows stay. */
  async cancel(): Promise<void> {
    const { backend } = this.#session;
    const patience = { ...this.#manner, signal: NEVER };
    const id = this.#entry?.id ?? (this.#entry && (await this.#find(this.#entry.tag, NEVER)));
    if (id === undefined) return;
    await persist(() => backend.cancel(id, {}), patience);
    this.#manner.onJob({ type: "cancelled", id });
  }

  /** Forgets a job that brought nothing. */
  async forget(): Promise<void> {
    if (this.#entry === undefined) return;
    await this.#session.journal.drop([this.#entry]);
    this.#taken.delete(this.#entry);
    this.#entry = undefined;
  }

  async #once(): Promise<{ readonly rows: Rows<Output>; readonly reason: Error | undefined }> {
    const { room } = this.#session;
    const id = await this.#attach();
    try {
      const { reason } = await this.#untilEnded(id);
      const rows = await persist(() => this.#read(id), { ...this.#manner, signal: this.#signal });
      return { rows, reason };
    } catch (error) {
      if (!isGone(error)) throw error;
      // Nobody can read it any more: what it was asked was not worked on.
      await this.forget();
      return { rows: new Rows(), reason: undefined };
    } finally {
      room.leave(this.#draft.tokens);
    }
  }

  // ---- from nothing to a job ----

  /** The id of the job, whose tokens count from now on. */
  async #attach(): Promise<string> {
    const { journal, room } = this.#session;
    const known = this.#take(journal.claim(this.#draft.key));
    const found = known && (known.id ?? (await this.#foundAgain(known)));
    if (known !== undefined && found !== undefined) {
      room.join(this.#draft.tokens);
      this.#tell("reattached", found);
      return found;
    }
    let isIn = false;
    try {
      await room.enter(this.#draft.tokens, this.#closed);
      isIn = true;
      const entry = known ?? this.#take(await journal.intend(this.#draft.key, newTag(this.#draft.key)));
      const id = await this.#create(entry as JobEntry);
      await journal.created(entry as JobEntry, id);
      this.#tell("created", id);
      return id;
    } catch (error) {
      if (isIn) room.leave(this.#draft.tokens);
      // Refused, it is not there; else a further try looks first whether it is there after all.
      if (ProviderError.isInstance(error) && !error.retryable) await this.forget();
      else if (this.#entry !== undefined) journal.release(this.#entry);
      throw error;
    } finally {
      if (isIn) room.created();
    }
  }

  /** The same tag at every try: where an answer was lost, the job is found by it and not created again. */
  #create({ tag }: JobEntry): Promise<string> {
    const { backend } = this.#session;
    const lines = this.#draft.write();
    return persist(
      () => backend.create(lines, tag, { signal: this.#signal }),
      { ...this.#manner, signal: this.#closed },
      () => this.#findLate(tag),
    );
  }

  async #foundAgain(entry: JobEntry): Promise<string | undefined> {
    const id = await this.#findLate(entry.tag);
    if (id !== undefined) await this.#session.journal.created(entry, id);
    return id;
  }

  /** Looks twice: a job that has just been created may not be listed yet. */
  async #findLate(tag: string): Promise<string | undefined> {
    const id = await this.#find(tag, this.#signal);
    if (id !== undefined) return id;
    await sleep(this.#firstPollMs, this.#manner.clock, this.#closed);
    return this.#find(tag, this.#signal);
  }

  async #find(tag: string, signal: AbortSignal): Promise<string | undefined> {
    const { backend } = this.#session;
    const jobs = await persist(() => backend.find(tag, { signal }), { ...this.#manner, signal });
    return jobs.find((job) => job.tag === tag)?.id;
  }

  #take(entry: JobEntry | undefined): JobEntry | undefined {
    this.#entry = entry;
    if (entry !== undefined) this.#taken.add(entry);
    return entry;
  }

  #tell(type: "created" | "reattached", id: string): void {
    this.#manner.onJob({ type, id, tag: this.#entry?.tag ?? "", inputs: this.#draft.positions.length });
  }

  // ---- from a job to its rows ----

  get #firstPollMs(): number {
    return this.#session.options.pollMs ?? FIRST_POLL_MS;
  }

  async #untilEnded(id: string): Promise<JobState> {
    const { backend, options } = this.#session;
    const signal = this.#signal;
    const { clock, random, onJob } = this.#manner;
    const firstMs = this.#firstPollMs;
    const longestMs = options.maxPollMs ?? Math.max(firstMs, LONGEST_POLL_MS);
    let delayMs = firstMs;
    let isCancelled = false;
    for (;;) {
      const state = await persist(() => backend.poll(id, { signal }), { ...this.#manner, signal });
      onJob({ type: "polled", id, status: state.status, done: state.done });
      if (state.status === "ended") return state;
      try {
        const waitMs = Math.max(jittered(delayMs, random), state.pollAfterMs ?? 0);
        await sleep(waitMs, clock, isCancelled ? signal : this.#unwaited);
        delayMs = Math.min(longestMs, delayMs * POLL_FACTOR);
      } catch (reason) {
        if (signal.aborted || options.fallback !== "live") throw reason;
        await this.cancel();
        isCancelled = true;
        delayMs = firstMs;
      }
    }
  }

  /** All rows, in whatever order they come (P7). */
  async #read(id: string): Promise<Rows<Output>> {
    const rows = new Rows<Output>();
    const inputs = new Map(this.#draft.lines.map((line) => [line.id, line.positions]));
    const inputsOf = (lineId: string): readonly Input[] => pick(this.#inputs, inputs.get(lineId) ?? []);
    const options = { signal: this.#signal };
    for await (const row of this.#session.backend.rows(id, inputsOf, options)) rows.add(row);
    return rows;
  }

  async #waitForRoom(refusals: number): Promise<void> {
    const { clock, random, onJob } = this.#manner;
    const id = this.#entry?.id ?? "";
    const delayMs = jittered(Math.min(LONGEST_ROOM_MS, FIRST_ROOM_MS * 2 ** refusals), random);
    await this.forget();
    onJob({ type: "refused", id, delayMs });
    await sleep(delayMs, clock, this.#closed);
  }
}

/** For what has to be done although nobody waits any more. */
const NEVER: AbortSignal = new AbortController().signal;

/** New for every job: one that was handed over must not be taken for one that is being created. */
function newTag(key: string): string {
  return `batchwise-${key.slice(0, 16)}-${crypto.randomUUID().slice(0, 13)}`;
}
