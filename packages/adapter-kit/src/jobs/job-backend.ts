import {
  BatchwiseError,
  type Clock,
  codeOf,
  InputError,
  type JobBackend,
  type JobCallOptions,
  type JobCaps,
  type JobLine,
  type JobRow,
  type JobState,
  ProviderError,
  systemClock,
  toError,
} from "@batchwise/core";
import { notAnswer } from "../answers.ts";
import { defined } from "../defined.ts";
import type { Dialect } from "../errors/dialect.ts";
import { ANY_INPUT } from "../errors/judge.ts";
import { networkError, providerError } from "../errors/provider-errors.ts";
import { idIn, objectIn } from "../fields.ts";
import { fileOf } from "./file-of.ts";
import type { JobKind, RawRow } from "./job-kind.ts";

/** A job, with the tag that it was created with. */
export interface TaggedJob {
  readonly id: string;
  readonly tag: string;
}

/** Job in a list, any of whose facts may be missing. */
interface ListedJob {
  readonly id?: unknown;
  readonly tag?: unknown;
  /** Upload that it reads. */
  readonly source?: unknown;
}

/** Calls of a provider's API for offline jobs. They throw ProviderError. */
export interface JobApi<Job> {
  /** Provider, host, endpoint and model. */
  readonly identity: readonly string[];
  readonly caps: JobCaps;
  readonly priceShare?: number;
  readonly dialect: Dialect;
  /** @default the machine's */
  readonly clock?: Clock;
  /** A line of its id and of the JSON text of what it asks for. */
  line(id: string, body: string): string;
  /** Puts a file of lines where a job can read it. @returns its id, which `start` and `remove` take */
  upload(file: File, tag: string, options: JobCallOptions): Promise<unknown>;
  /** Starts a job that reads what was uploaded. @returns its id */
  start(source: string, tag: string, options: JobCallOptions): Promise<unknown>;
  /** One page of the jobs that are still listed, and what to ask for the next one with. */
  list(
    cursor: string | undefined,
    options: JobCallOptions,
  ): Promise<{ readonly jobs: readonly ListedJob[]; readonly next?: unknown }>;
  retrieve(id: string, options: JobCallOptions): Promise<Job>;
  /** Upload that it reads; undefined where that is unknown. */
  sourceOf(job: Job): string | undefined;
  hasEnded(job: Job): boolean;
  /**
   * State of a job. Rows that the provider still owes are waited for, and not forever: what it counts may be wrong.
   *
   * @param endedMs milliseconds since it was first seen to have ended; 0 before
   */
  stateOf(job: Job, options: JobCallOptions, endedMs: number): JobState | Promise<JobState>;
  /** Number of rows that a job that has ended should have; undefined where that is unknown. @default unknown */
  rowCount?(job: Job): number | undefined;
  /** Tells whether its results have been deleted by now, because they are kept for a time only. */
  isForgotten(job: Job): boolean;
  /**
   * The rows of all its results, in any order, as they arrive, one that cannot be read too. Leaving the loop ends the
   * download.
   */
  rows(job: Job, options: JobCallOptions): AsyncIterable<RawRow>;
  cancel(id: string, options: JobCallOptions): Promise<unknown>;
  /** Deletes what was uploaded. */
  remove(source: string, options: JobCallOptions): Promise<unknown>;
}

/**
 * A Runnable's inputs through a provider's offline jobs, of what the provider's API does and of how the Runnable asks and
 * reads. What was uploaded is deleted when a job's rows have been read to their end, or when there was no room for the job.
 */
export function jobBackend<Input, Output, Job>(
  kind: JobKind<Input, Output>,
  api: JobApi<Job>,
): JobBackend<Input, Output> {
  /** Uploads whose job could not be created yet: another try need not upload them again. */
  const uploads = new WeakMap<readonly JobLine[], string>();
  /** The same by the tags of their jobs, for servers that do not keep tags. */
  const sources = new Map<string, string>();
  const { clock = systemClock } = api;
  /** Times at which jobs were first seen to have ended, until their rows are read. */
  const ends = new Map<string, number>();
  // Tidies up. Where that fails, the provider does it some weeks later, and no result is worse for it.
  const remove = async (source: string | undefined, options: JobCallOptions): Promise<void> => {
    if (source !== undefined) await api.remove(source, options).catch(() => undefined);
  };
  return {
    identity: [...api.identity, JSON.stringify(kind.common)].join(" "),
    caps: api.caps,
    ...defined({ priceShare: api.priceShare }),
    check: (input) => void bodyText(kind, [input]),
    line: (inputs, id) => ({ id, text: api.line(id, bodyText(kind, inputs)) }),
    async create(lines, tag, options) {
      const source = uploads.get(lines) ?? requireId(await api.upload(fileOf(lines, tag), tag, options), api);
      uploads.set(lines, source);
      sources.set(tag, source);
      try {
        const id = requireId(await api.start(source, tag, options), api);
        uploads.delete(lines);
        sources.delete(tag);
        return id;
      } catch (error) {
        // What is refused for good will not be read. After anything else the job may be there, or be tried again.
        if (ProviderError.isInstance(error) && !error.retryable) {
          uploads.delete(lines);
          await remove(source, options);
        }
        throw isAnswered(error) ? withoutId(error) : error;
      }
    },
    find: (tagPrefix, options) => findJobs(api, tagPrefix, sources.get(tagPrefix), options),
    async poll(id, options) {
      const job = await api.retrieve(id, options);
      const now = clock.now();
      if (api.hasEnded(job) && !ends.has(id)) ends.set(id, now);
      const state = await api.stateOf(job, options, now - (ends.get(id) ?? now));
      // There was no room for it: its rows will not be read, and its lines go up again with another job.
      if (codeOf(state.reason) === "rate_limited") await remove(api.sourceOf(job), options);
      return state;
    },
    async *rows(id, inputsOf, options) {
      const job = await api.retrieve(id, options);
      let count = 0;
      let known = 0;
      try {
        for await (const raw of readable(api.rows(job, options), api, options)) {
          count++;
          const row = await rowOf(kind, api, raw, inputsOf);
          if (row === undefined) continue;
          known++;
          if (row !== UNDONE) yield row;
        }
      } catch (error) {
        // The job is there, and paid: it is not the job that is gone.
        if (!isMissing(error) || api.isForgotten(job)) throw error;
        throw unfound(error);
      }
      if (known === 0 && count > 0) throw unknownRows(count);
      const expected = api.rowCount?.(job) ?? 0;
      if (count < expected) throw tooFew(expected, count);
      ends.delete(id);
      await remove(api.sourceOf(job), options);
    },
    async cancel(id, options) {
      try {
        await api.cancel(id, options);
      } catch (error) {
        // A job that has ended cannot be canceled, which is as good.
        if (!ProviderError.isInstance(error) || (error.status !== 400 && error.status !== 409)) throw error;
        if (!api.hasEnded(await api.retrieve(id, options))) throw error;
      }
    },
  };
}

/** Row of a line of the job's that was not worked on. */
const UNDONE = "undone";

/** @throws ProviderError where there is none: it may be a proxy that answers, and what was asked for may be there */
function requireId(given: unknown, { dialect }: Pick<JobApi<unknown>, "dialect">): string {
  const id = idIn(given);
  if (id !== undefined) return id;
  throw new ProviderError(
    `Expected an \`id\` in the answer of ${dialect.provider}, got none. Try again later; if it goes on, check the API's address.`,
    { retryable: true, status: 200 },
  );
}

/** Tells whether the server took a request, although its answer cannot be read. */
function isAnswered(error: unknown): error is ProviderError {
  return ProviderError.isInstance(error) && error.retryable && error.status !== undefined && error.status < 300;
}

function withoutId(cause: ProviderError): ProviderError {
  const { status, requestId } = cause;
  return new ProviderError(
    `Expected the \`id\` of a new job, got an answer without one (${status}). The job may be there: look for it by its tag, ` +
      "and check that the API's address is one of jobs.",
    { providerCode: "id_missing", retryable: true, status, requestId, cause },
  );
}

/** @throws the signal's reason, an error of ours as it is, or a ProviderError for rows that break off */
async function* readable(
  rows: AsyncIterable<RawRow>,
  { dialect }: Pick<JobApi<unknown>, "dialect">,
  { signal }: JobCallOptions,
): AsyncGenerator<RawRow, void, undefined> {
  try {
    yield* rows;
  } catch (thrown) {
    signal?.throwIfAborted();
    throw BatchwiseError.isInstance(thrown) ? thrown : networkError(thrown, dialect, { status: 200 });
  }
}

async function findJobs<Job>(
  api: JobApi<Job>,
  tagPrefix: string,
  upload: string | undefined,
  options: JobCallOptions,
): Promise<TaggedJob[]> {
  const found: TaggedJob[] = [];
  let cursor: string | undefined;
  for (;;) {
    const { jobs, next } = await api.list(cursor, options);
    for (const { id: given, tag, source } of jobs) {
      const id = idIn(given);
      if (id === undefined) continue;
      if (typeof tag === "string" && tag.startsWith(tagPrefix)) found.push({ id, tag });
      else if (upload !== undefined && idIn(source) === upload) found.push({ id, tag: tagPrefix });
    }
    // A server that does not know the cursor would send its first page forever.
    if (idIn(next) === undefined || idIn(next) === cursor) return found;
    cursor = idIn(next);
  }
}

/** Outcome of a row's line, or `UNDONE`; undefined for the row of another job, or one that cannot be read. */
async function rowOf<Input, Output>(
  kind: JobKind<Input, Output>,
  { dialect }: Pick<JobApi<unknown>, "dialect">,
  { id: given, answer, failure }: RawRow,
  inputsOf: (lineId: string) => readonly Input[] | undefined,
): Promise<JobRow<Output> | typeof UNDONE | undefined> {
  // Ids are whole numbers, as which another program may have read and written them.
  const id = idIn(given)?.trim();
  const inputs = id === undefined ? undefined : inputsOf(id);
  if (id === undefined || inputs === undefined || inputs.length === 0) return undefined;
  if (failure instanceof Error) return { id, outcome: failure };
  if (failure !== undefined) {
    // The key and what it may use have been seen to already: the job runs.
    const ofRow = {
      ...dialect,
      statuses: { 401: "provider_error", 403: "invalid_input", ...dialect.statuses },
    } as const;
    return { id, outcome: providerError(failure, ofRow, kind.blame?.(inputs) ?? ANY_INPUT) };
  }
  if (answer === undefined) return UNDONE;
  const body = objectIn(answer) ?? {};
  const outcome = await attempt(() => kind.read(body, inputs));
  const usage = await attempt(() => kind.usage(body));
  const { inputTokens, outputTokens } = usage instanceof Error ? {} : (usage ?? {});
  return { id, outcome, ...defined({ inputTokens, outputTokens }) };
}

/** An answer may have any shape: what a reader of answers trips over is this line's alone. */
async function attempt<T>(read: () => T): Promise<Awaited<T> | Error> {
  try {
    return await read();
  } catch (thrown) {
    const isOdd = thrown instanceof TypeError || thrown instanceof RangeError;
    return isOdd ? notAnswer("what the live endpoint gives") : toError(thrown);
  }
}

function isMissing(error: unknown): error is ProviderError {
  return ProviderError.isInstance(error) && (error.status === 404 || error.status === 410);
}

function unfound(cause: ProviderError): ProviderError {
  return new ProviderError(
    `Expected the results of a job that has ended, got status ${cause.status}. Read them again; if it goes on, check that ` +
      "the server hands out results.",
    { providerCode: "results_missing", retryable: true, requestId: cause.requestId, cause },
  );
}

function unknownRows(count: number): ProviderError {
  return new ProviderError(
    `Expected rows with the ids of the job's lines, got ${count} without one. ` +
      "Check that the server's results have the form of the API's.",
    { providerCode: "rows_unknown", retryable: false },
  );
}

function tooFew(expected: number, count: number): ProviderError {
  return new ProviderError(
    `Expected ${expected} rows in the job's results, got ${count}. Read them again; if it goes on, send the others again.`,
    { providerCode: "rows_missing", retryable: true },
  );
}

/** @throws InputError for inputs that can't be sent, or written as JSON */
function bodyText<Input>(kind: JobKind<Input>, inputs: readonly Input[]): string {
  const body = kind.body(inputs);
  try {
    return JSON.stringify(body);
  } catch {
    throw new InputError("Expected an input that can be written as JSON, got one that can't. Change it.");
  }
}
