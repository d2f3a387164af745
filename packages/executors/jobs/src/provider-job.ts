import { ProviderError, sleep } from "@batchwise/core";
import { hasNoId, jobLeft } from "./errors.ts";
import { findJob } from "./find-job.ts";
import type { JobEntry } from "./journal.ts";
import { isWorthAsking, type Patience, persist } from "./persist.ts";
import { firstPollMs } from "./poll-job.ts";
import type { JobContext } from "./session.ts";
import type { Shard } from "./shard.ts";
import { within } from "./signals.ts";

/** Time for the provider to answer a call once the batch's is up, and tries of the calls after a cancellation. */
export const HURRY_MS = 10_000;
const HURRIED_TRIES = 3;
/** Creations of one job whose answers have no id. */
const UNNAMED_TRIES = 2;

/** The provider's job of a shard: the journal has a note of it before it is created, which it is once. */
export class ProviderJob<Input, Output> {
  readonly #shard: Shard;
  readonly #context: JobContext<Input, Output>;
  #entry: JobEntry | undefined;
  /** True where the provider may have the job, although its id is unknown. */
  #mayExist = false;
  /** True once its cancellation was asked for. */
  isCanceled = false;

  constructor(shard: Shard, context: JobContext<Input, Output>) {
    this.#shard = shard;
    this.#context = context;
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
   * Finds the job that an earlier run has left, or creates it. Its tokens count from now on. Returns its id.
   *
   * @throws JobStoreError where the job cannot be noted down; the provider's error where no further try helps
   */
  async attach(): Promise<string> {
    const { session, stop } = this.#context;
    const { journal, creationQueue } = session;
    const known = this.#take(journal.claim(this.#shard.key));
    this.#mayExist = known !== undefined;
    let hasEntered = false;
    try {
      const found = known && (known.id ?? (await this.#findLate(known.tag)));
      if (found !== undefined) {
        if (known?.id === undefined) await journal.created(known as JobEntry, found);
        creationQueue.join(this.#shard.tokens);
        this.#announce("reattached", found);
        return found;
      }
      await creationQueue.enter(this.#shard.tokens, stop.closed);
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

  /** Patience with calls about the job, which is paid; little of it once it was canceled. */
  patience(signal: AbortSignal): Patience {
    const tries = this.isCanceled ? { tries: HURRIED_TRIES } : {};
    return { ...this.#context, signal, isWorthAnother: isWorthAsking, ...tries };
  }

  /**
   * Cancels the job, if there is one. Its finished rows stay.
   *
   * @param isHurried whether the batch waits for it
   * @returns whether the provider has taken it
   */
  async cancel(isHurried: boolean = false): Promise<boolean> {
    if (this.isCanceled) return false;
    this.isCanceled = true;
    const { session, clock, onJob } = this.#context;
    const { backend } = session;
    // Also after an abort, which does not end a job by itself.
    const canceled = within(isHurried ? HURRY_MS : undefined, clock, undefined, async ({ signal }) => {
      const patience = { ...this.#context, signal, ...(isHurried ? { tries: 1 } : {}) };
      const id = this.#entry?.id ?? (this.#entry && (await findJob(backend, this.#entry.tag, patience)));
      if (id === undefined) return false;
      await persist(() => backend.cancel(id, { signal }), patience);
      onJob({ type: "canceled", id });
      return true;
    });
    // Where it fails, the job goes on, and is found in the journal unless all is done without it.
    return canceled.catch(() => false);
  }

  /** Forgets a job that has no rows. */
  async forget(): Promise<void> {
    if (this.#entry === undefined) return;
    await this.#context.session.journal.drop([this.#entry]);
    this.#context.taken.delete(this.#entry);
    this.#entry = undefined;
  }

  /** Creates the job, with the same tag at every try: where an answer was lost, the job is found by its tag. */
  #create({ tag }: JobEntry): Promise<string> {
    const { session, stop } = this.#context;
    const lines = this.#shard.write();
    let unnamed = 0;
    const create = async (): Promise<string> => {
      const mightExist = this.#mayExist;
      this.#mayExist = true;
      try {
        return await session.backend.create(lines, tag, { signal: stop.noLongerAwaited });
      } catch (error) {
        this.#mayExist = mightExist || !isRefused(error);
        // Each may be a job that is paid and cannot be found.
        if (hasNoId(error) && ++unnamed >= UNNAMED_TRIES) throw jobLeft(error, "the `id` of a job that was created");
        throw error;
      }
    };
    return persist(create, { ...this.#context, signal: stop.closed }, () =>
      this.#mayExist ? this.#findLate(tag) : Promise.resolve(undefined),
    );
  }

  #findLate(tag: string): Promise<string | undefined> {
    const { session, clock, stop } = this.#context;
    const pause = (): Promise<void> => sleep(firstPollMs(session.options), clock, stop.closed);
    return findJob(session.backend, tag, this.patience(stop.noLongerAwaited), pause);
  }

  #take(entry: JobEntry | undefined): JobEntry | undefined {
    this.#entry = entry;
    if (entry !== undefined) this.#context.taken.add(entry);
    return entry;
  }

  #announce(type: "created" | "reattached", id: string): void {
    this.#context.onJob({ type, id, tag: this.#entry?.tag ?? "", inputs: this.#shard.positions.length });
  }
}

/** True where the provider has said no, so that there is no job. */
function isRefused(error: unknown): boolean {
  return ProviderError.isInstance(error) && (!error.retryable || error.code === "rate_limited");
}

/** Tag of a new job: one whose results were handed over must not be mistaken for one that is being created. */
function newTag(key: string): string {
  return `batchwise-${key.slice(0, 16)}-${crypto.randomUUID().slice(0, 13)}`;
}
