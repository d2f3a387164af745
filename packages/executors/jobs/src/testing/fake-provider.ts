import {
  type Clock,
  InputError,
  type JobBackend,
  type JobCallOptions,
  type JobCaps,
  type JobLine,
  type JobRow,
  ProviderError,
  type RunnableSettings,
  runnable,
  type Runnable,
} from "@batchwise/core";

/** Course of a job. What is left out goes well. */
export interface Fate {
  /** Milliseconds until it ends. @default 60_000 */
  readonly durationMs?: number;
  /** "expired", "failed": only the lines that `worksOn` names have rows. "refused": there was no capacity for it. */
  readonly end?: "completed" | "expired" | "refused" | "failed";
  /** Tells whether a line is worked on. @default all of a completed job, none of another */
  readonly worksOn?: (id: string) => boolean;
  /** Error that a line fails with. */
  readonly lineError?: (inputs: readonly string[]) => Error | undefined;
  /** Changes the rows on their way out. @default reversed (P7) */
  readonly reshape?: (rows: readonly JobRow<string>[]) => readonly JobRow<string>[];
}

/** Faults of a provider. */
interface Trouble {
  /** Error of a call that has done nothing. */
  readonly before?: (call: ProviderCall) => Error | undefined;
  /** Error of a call that has done its work, and whose answer is lost. */
  readonly after?: (call: ProviderCall) => Error | undefined;
}

interface ProviderCall {
  readonly kind: "create" | "find" | "poll" | "rows" | "cancel";
  /** Position among the calls of its kind, from 0. */
  readonly number: number;
}

interface FakeJob {
  readonly id: string;
  readonly tag: string;
  readonly lines: readonly { readonly id: string; readonly inputs: readonly string[] }[];
  readonly bytes: number;
  readonly tokens: number;
  readonly createdAt: number;
  readonly fate: Fate;
  canceledAt: number | undefined;
}

export interface FakeProviderOptions {
  readonly clock: Clock;
  readonly caps?: JobCaps;
  /** Course of the job at this position, from 0. */
  readonly fate?: (job: number, inputs: readonly string[]) => Fate;
  readonly trouble?: Trouble;
  /** Settings besides `jobs`. */
  readonly settings?: RunnableSettings<string, string>;
  readonly priceShare?: number;
  readonly pollAfterMs?: number;
}

/**
 * Provider of offline jobs that turn a text into upper case, with the clock's time and the script's faults. It outlives
 * its clients, as a provider does. An empty text is refused before it is sent; one that holds "bad" fails its line.
 */
export class FakeProvider {
  readonly jobs: FakeJob[] = [];
  /** Texts that were done live. */
  readonly live: string[] = [];
  readonly calls: Record<ProviderCall["kind"], number> = { create: 0, find: 0, poll: 0, rows: 0, cancel: 0 };
  readonly #options: FakeProviderOptions;

  constructor(options: FakeProviderOptions) {
    this.#options = options;
  }

  /** Makes a Runnable of this provider, as a new process does. */
  runnable(wrap: (backend: JobBackend<string, string>) => JobBackend<string, string> = same): Runnable<string, string> {
    const jobs = (): Promise<JobBackend<string, string>> => Promise.resolve(wrap(this.backend()));
    return runnable(
      (text: string, { report }) => {
        this.live.push(text);
        report?.({ usage: { inputTokens: text.length, outputTokens: 0 } });
        return answerOf(text);
      },
      { weigh: lengthOf, ...this.#options.settings, jobs },
    );
  }

  /** Counts how often a text is in a job. */
  timesSent(text: string): number {
    return this.jobs.flatMap((job) => job.lines.flatMap((line) => line.inputs)).filter((each) => each === text).length;
  }

  backend(): JobBackend<string, string> {
    return {
      identity: "fake",
      caps: this.#options.caps ?? {},
      ...(this.#options.priceShare === undefined ? {} : { priceShare: this.#options.priceShare }),
      check: (text) => {
        if (text === "") throw new InputError("Expected a text that is not empty, got none. Leave it out.");
      },
      line: (inputs, id) => ({ id, text: JSON.stringify({ custom_id: id, input: inputs }) }),
      create: (lines, tag, options) => this.#call("create", options, () => this.#create(lines, tag)),
      find: (prefix, options) =>
        this.#call("find", options, () => this.jobs.filter((job) => job.tag.startsWith(prefix))),
      poll: (id, options) => this.#call("poll", options, () => this.#poll(id)),
      rows: (id, inputsOf, options) => this.#rows(id, inputsOf, options),
      cancel: (id, options) =>
        this.#call("cancel", options, () => {
          const job = this.#jobOf(id);
          if (!this.#hasEnded(job)) job.canceledAt = this.#options.clock.now();
        }),
    };
  }

  async #call<T>(kind: ProviderCall["kind"], { signal }: JobCallOptions, work: () => T): Promise<T> {
    signal?.throwIfAborted();
    const call = { kind, number: this.calls[kind]++ };
    const { before, after } = this.#options.trouble ?? {};
    await Promise.resolve();
    const early = before?.(call);
    if (early !== undefined) throw early;
    const result = work();
    const late = after?.(call);
    if (late !== undefined) throw late;
    return result;
  }

  #create(lines: readonly JobLine[], tag: string): string {
    const parsed = lines.map((line) => {
      const { custom_id: id, input } = JSON.parse(line.text) as { custom_id: string; input: string[] };
      return { id, inputs: input };
    });
    const inputs = parsed.flatMap((line) => line.inputs);
    const job: FakeJob = {
      id: `job-${this.jobs.length}`,
      tag,
      lines: parsed,
      bytes: lines.reduce((sum, line) => sum + Buffer.byteLength(line.text) + 1, 0),
      tokens: inputs.reduce((sum, text) => sum + text.length, 0),
      createdAt: this.#options.clock.now(),
      fate: this.#options.fate?.(this.jobs.length, inputs) ?? {},
      canceledAt: undefined,
    };
    this.jobs.push(job);
    return job.id;
  }

  #poll(id: string): Awaited<ReturnType<JobBackend["poll"]>> {
    const job = this.#jobOf(id);
    const { pollAfterMs } = this.#options;
    if (!this.#hasEnded(job)) return { status: "running", ...(pollAfterMs === undefined ? {} : { pollAfterMs }) };
    const reason = reasonOf(job);
    return { status: "ended", ...(reason === undefined ? {} : { reason }) };
  }

  async *#rows(
    id: string,
    inputsOf: (lineId: string) => readonly string[],
    options: JobCallOptions,
  ): AsyncGenerator<JobRow<string>, void, undefined> {
    const rows = await this.#call("rows", options, () => this.#rowsOf(this.#jobOf(id), inputsOf));
    yield* rows;
  }

  #rowsOf(job: FakeJob, inputsOf: (lineId: string) => readonly string[]): readonly JobRow<string>[] {
    const { end = "completed", worksOn = () => end === "completed", lineError, reshape = reversed } = job.fate;
    const done = job.lines.filter((line) => job.canceledAt === undefined && worksOn(line.id));
    return reshape(
      done.map(({ id, inputs }) => {
        if (JSON.stringify(inputsOf(id)) !== JSON.stringify(inputs)) throw new Error("Expected inputs, got others.");
        const error = lineError?.(inputs) ?? badInputIn(inputs);
        const inputTokens = inputs.reduce((sum, text) => sum + text.length, 0);
        return error === undefined ? { id, outcome: inputs.map(answerOf), inputTokens } : { id, outcome: error };
      }),
    );
  }

  #jobOf(id: string): FakeJob {
    const job = this.jobs.find((each) => each.id === id);
    if (job === undefined) throw new ProviderError("Expected a job, got none.", { status: 404, retryable: false });
    return job;
  }

  #hasEnded({ createdAt, canceledAt, fate }: FakeJob): boolean {
    const { durationMs = fate.end === "refused" ? 0 : 60_000 } = fate;
    return canceledAt !== undefined || this.#options.clock.now() >= createdAt + durationMs;
  }
}

/** Answer to a text. */
export function answerOf(text: string): string {
  return text.toUpperCase();
}

/** Failure that may be over at the next try. */
export function outage(): ProviderError {
  return new ProviderError("Expected an answer, got an outage. Try again.", { status: 503, retryable: true });
}

function reasonOf({ canceledAt, fate }: FakeJob): Error | undefined {
  if (canceledAt !== undefined) return new ProviderError("Expected an end, got a cancellation.", { retryable: true });
  switch (fate.end) {
    case "expired":
      return new ProviderError("Expected an end, got expiry.", { providerCode: "batch_expired", retryable: true });
    case "refused":
      return new ProviderError("Expected room, got none.", {
        code: "rate_limited",
        providerCode: "full",
        retryable: true,
      });
    case "failed":
      return new ProviderError("Expected a file, got another.", { providerCode: "invalid_file", retryable: false });
    default:
      return undefined;
  }
}

function badInputIn(inputs: readonly string[]): Error | undefined {
  if (!inputs.some((text) => text.includes("bad"))) return undefined;
  return new InputError("Expected inputs that the provider accepts, got one that it refuses. Leave it out.");
}

function lengthOf(text: string): { readonly tokens: number } {
  return { tokens: text.length };
}

function reversed<T>(values: readonly T[]): readonly T[] {
  return values.toReversed();
}

function same<T>(value: T): T {
  return value;
}
