import type { BatchOptions, Completed } from "@batchwise/core";
import type { BatchRecord } from "./batch-record.ts";
import { within } from "./quietly.ts";

type Result<Input, Output> = IteratorResult<Completed<Input, Output>, undefined>;

/** The outcomes of a batch that is recorded from the first `next()` on: before that, nothing starts. */
export class RecordedOutcomes<Input, Output> implements AsyncIterableIterator<Completed<Input, Output>, undefined> {
  readonly #begin: () => BatchRecord | undefined;
  readonly #run: (
    batch: BatchRecord | undefined,
    options: BatchOptions<Input, Output>,
  ) => AsyncIterableIterator<Completed<Input, Output>>;
  readonly #options: BatchOptions<Input, Output>;
  #outcomes: AsyncIterableIterator<Completed<Input, Output>> | undefined;
  #batch: BatchRecord | undefined;
  #isLeft = false;

  constructor(
    begin: () => BatchRecord | undefined,
    run: (
      batch: BatchRecord | undefined,
      options: BatchOptions<Input, Output>,
    ) => AsyncIterableIterator<Completed<Input, Output>>,
    options: BatchOptions<Input, Output>,
  ) {
    this.#begin = begin;
    this.#run = run;
    this.#options = options;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result<Input, Output>> {
    if (this.#outcomes !== undefined) return this.#outcomes.next() as Promise<Result<Input, Output>>;
    if (this.#isLeft) return Promise.resolve({ value: undefined, done: true });
    return this.#first() as Promise<Result<Input, Output>>;
  }

  return(): Promise<Result<Input, Output>> {
    this.#isLeft = true;
    const left = this.#outcomes?.return?.() ?? Promise.resolve({ value: undefined, done: true });
    return left as Promise<Result<Input, Output>>;
  }

  #first(): Promise<IteratorResult<Completed<Input, Output>>> {
    const batch = this.#begin();
    this.#batch = batch;
    const outcomes = this.#run(
      batch,
      batch === undefined ? this.#options : batch.hooked(this.#options, this.#onFinish),
    );
    this.#outcomes = outcomes;
    if (batch === undefined) return outcomes.next();
    // What cannot be started rejects here, and nobody reports of it.
    return within(batch.context, () => outcomes.next()).catch((error: unknown) => {
      batch.end({ error });
      throw error;
    });
  }

  readonly #onFinish = (): void => {
    const batch = this.#batch;
    batch?.end(this.#isLeft ? undefined : batch.failure);
  };
}
