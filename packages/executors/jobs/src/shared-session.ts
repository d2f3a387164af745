import {
  type BatchOptions,
  type Clock,
  type Runnable,
  type StandardSchema,
  systemClock,
  withConfig,
} from "@batchwise/core";
import { BatchRun } from "./batch-run.ts";
import { CreationQueue } from "./creation-queue.ts";
import type { JobTerms } from "./job-terms.ts";
import { Journal } from "./journal.ts";
import type { OfflineOptions } from "./options.ts";
import { MAX_RETRY_AFTER_MS } from "./persist.ts";
import { ReadingTurns } from "./reading-turns.ts";
import type { Session } from "./session.ts";
import { beforeAbort } from "./signals.ts";

/** Stay of one batch in the session. */
interface Visit<Input, Output> {
  /** Resolves to undefined where the batch is aborted first. */
  enter(): Promise<BatchRun<Input, Output> | undefined>;
  leave(): Promise<void>;
}

/** Session that all batches of an offline Runnable share while any of them runs. */
export class SharedSession<Input, Output> {
  readonly #live: Runnable<Input, Output>;
  readonly #options: OfflineOptions;
  readonly #terms: () => Promise<JobTerms<Input, Output>>;
  #session: Promise<Session<Input, Output>> | undefined;
  #closing: Promise<void> | undefined;
  #batches = 0;
  /** Batches that have ended while their calls go on: their jobs are not released yet. */
  readonly #leaving = new Set<Promise<void>>();

  constructor(live: Runnable<Input, Output>, options: OfflineOptions, terms: () => Promise<JobTerms<Input, Output>>) {
    this.#live = live;
    this.#options = options;
    this.#terms = terms;
  }

  /** Opens the session for one batch, and releases it after the last one. */
  visit(options: BatchOptions<Input, Output>): Visit<Input, Output> {
    const own = this.#options;
    const clock = own.clock ?? options.clock ?? systemClock;
    const opening = this.#open(clock);
    let batch: BatchRun<Input, Output> | undefined;
    return {
      enter: async () => {
        const session = await beforeAbort(opening, options.signal);
        if (session === undefined) return undefined;
        batch = new BatchRun(session, options, {
          clock,
          random: options.random ?? Math.random,
          maxRetryAfterMs: (options.retry || undefined)?.maxRetryAfterMs ?? MAX_RETRY_AFTER_MS,
          onJob: (event) => own.onJob?.(event),
        });
        return batch;
      },
      leave: async () => {
        const left = this.#leave(batch, opening).finally(() => this.#leaving.delete(left));
        this.#leaving.add(left);
        // Only the next batch waits for the calls of one that has ended early.
        if (batch?.isDone === true) await left;
      },
    };
  }

  /** Resolves when ended batches have released the store. */
  async idle(): Promise<void> {
    await Promise.all(this.#leaving);
  }

  async #open(clock: Clock): Promise<Session<Input, Output>> {
    this.#batches++;
    this.#session ??= this.#reopen(clock);
    const session = this.#session;
    await this.idle();
    return session;
  }

  async #reopen(clock: Clock): Promise<Session<Input, Output>> {
    await this.#closing;
    const terms = await this.#terms();
    const live = this.#live;
    return {
      ...terms,
      journal: await Journal.open(this.#options.store),
      creationQueue: new CreationQueue(terms.caps, clock),
      reading: new ReadingTurns(),
      // The engine checks outputs against the schema, those of the fallback too: once is enough.
      live: live.settings?.schema === undefined ? live : withConfig(live, { schema: ANY_OUTPUT }),
      options: this.#options,
    };
  }

  /** Releases the store after the last batch. */
  async #leave(batch: BatchRun<Input, Output> | undefined, opened: Promise<Session<Input, Output>>): Promise<void> {
    await batch?.leave();
    this.#batches--;
    if (this.#batches > 0) return;
    this.#session = undefined;
    this.#closing = closeSession(opened);
    await this.#closing;
  }
}

async function closeSession<Input, Output>(opened: Promise<Session<Input, Output>>): Promise<void> {
  try {
    const { journal } = await opened;
    await journal.close();
  } catch {
    // A store that could not be opened was reported; a lock that is left is taken over.
  }
}

/** Schema that accepts every output as it is. */
const ANY_OUTPUT: StandardSchema<unknown, any> = {
  "~standard": { version: 1, vendor: "batchwise", validate: (value) => ({ value }) },
};
