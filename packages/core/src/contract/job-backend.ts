/** Limits of one offline job, and of how many may be started. Leave out what the provider does not limit. */
export interface JobCaps {
  /** Lines in one job. */
  readonly lines?: number;
  /** Bytes of all lines, newlines included. */
  readonly bytes?: number;
  /** Inputs in all lines of a job. */
  readonly inputs?: number;
  /** Inputs in one line. @default 1 */
  readonly inputsPerLine?: number;
  /** Tokens in one line, counted by the Runnable's `weigh`. */
  readonly tokensPerLine?: number;
  /** Tokens waiting in all unfinished jobs at once, counted by the Runnable's `weigh`. */
  readonly enqueuedTokens?: number;
  /** Jobs created in an hour. */
  readonly jobsPerHour?: number;
}

/** One line of a job: one request of the live API, with as many inputs as `inputsPerLine` allows. */
export interface JobLine {
  /** The provider hands it back with the answer. Unique in its job. */
  readonly id: string;
  /** One line of JSON, without its newline. */
  readonly text: string;
}

/** State of a job. */
export interface JobState {
  /**
   * `running`: it waits or works, or its files are not there yet. `ended`: it will not go on, and all the rows there
   * will ever be can be read, whether it completed, failed, expired or was canceled.
   */
  readonly status: "running" | "ended";
  /** Lines that have been answered so far, well or not, where the provider tells. */
  readonly done?: number;
  /**
   * Cause of a job that ended before its lines did. `retryable` says whether the lines without a row may be sent again. A job that
   * there was no room for (an enqueued-token cap) has the code "rate_limited" and no rows: it is created again later.
   */
  readonly reason?: Error;
  /** Milliseconds that the provider asks to wait before the next poll. */
  readonly pollAfterMs?: number;
}

/** Result of one line. A line without a row was not worked on. */
export interface JobRow<Output> {
  /** The line's. */
  readonly id: string;
  /** One for each of the line's inputs, in their order, or the error of the whole line. */
  readonly outcome: readonly (Output | Error)[] | Error;
  /** Tokens that the line used, where the provider reports them. */
  readonly inputTokens?: number;
  readonly outputTokens?: number;
}

/** Options of every call to the provider. */
export interface JobCallOptions {
  readonly signal?: AbortSignal;
}

/**
 * A provider's offline jobs for a Runnable's inputs, driven by `offline` of `@batchwise/jobs`, which retries, polls, waits,
 * shards and merges; a backend says what one call of the provider's API means. Calls throw ProviderError
 * (`retryable` where another try is worth it).
 */
export interface JobBackend<Input = any, Output = any> {
  /** Provider, endpoint, model and parameters: jobs of another identity are another Runnable's. Holds no key. */
  readonly identity: string;
  readonly caps: JobCaps;
  /** Price of a job as a share of the same calls made live: 0.5 is half. @default 1 */
  readonly priceShare?: number;
  /** Refuses an input that cannot succeed, before it is sent. @throws InputError */
  readonly check?: (input: Input) => void;
  /** Writes a line. */
  line(inputs: readonly Input[], id: string): JobLine;
  /** Starts a job. `tag` goes with it as metadata or name. @returns the provider's id of it */
  create(lines: readonly JobLine[], tag: string, options: JobCallOptions): Promise<string>;
  /**
   * The jobs whose tag begins with a prefix and which the provider still lists: a process that crashed may have left them. It is
   * asked with a job's whole tag before that job is created again.
   */
  find(tagPrefix: string, options: JobCallOptions): Promise<readonly { readonly id: string; readonly tag: string }[]>;
  /** Looks how far a job has come. A ProviderError with status 404 says that it is gone for good: it is made anew. */
  poll(id: string, options: JobCallOptions): Promise<JobState>;
  /**
   * The rows of a job that has ended, in whatever order; finished ones of an expired or canceled job too. They may be
   * read again from the start: after a failure half-way, and after a crash. `inputsOf` gives no inputs for an id that is
   * none of the job's lines.
   */
  rows(
    id: string,
    inputsOf: (lineId: string) => readonly Input[],
    options: JobCallOptions,
  ): AsyncIterable<JobRow<Output>>;
  /** Asks a job to stop; rows that are finished stay readable. A job that has ended already is not an error. */
  cancel(id: string, options: JobCallOptions): Promise<void>;
}
