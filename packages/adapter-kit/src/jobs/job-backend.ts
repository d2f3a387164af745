import {
  codeOf,
  InputError,
  type JobBackend,
  type JobCallOptions,
  type JobCaps,
  type JobLine,
  type JobRow,
  type JobState,
  ProviderError,
  toError,
} from "@batchwise/core";
import { defined } from "../defined.ts";
import type { Dialect } from "../errors/dialect.ts";
import { ANY_INPUT } from "../errors/judge.ts";
import { providerError } from "../errors/provider-errors.ts";
import { fieldsOf, textIn } from "../fields.ts";
import type { JobKind, RawRow } from "./job-kind.ts";

/** A job, with the tag that it was created with. */
export interface TaggedJob {
  readonly id: string;
  readonly tag: string;
}

/** Calls of a provider's API for offline jobs. They throw ProviderError. */
export interface JobApi<Job> {
  /** Provider, host, endpoint and model. */
  readonly identity: readonly string[];
  readonly caps: JobCaps;
  readonly priceShare?: number;
  readonly dialect: Dialect;
  /** A line of its id and of the JSON text of what it asks for. */
  line(id: string, body: string): string;
  /** Puts lines where a job can read them. @returns what `start` and `remove` take */
  upload(lines: readonly JobLine[], tag: string, options: JobCallOptions): Promise<string>;
  /** Starts a job that reads what was uploaded. @returns its id */
  start(source: string, tag: string, options: JobCallOptions): Promise<string>;
  /** One page of the jobs that are still listed, and what to ask for the next one with. */
  list(
    cursor: string | undefined,
    options: JobCallOptions,
  ): Promise<{ readonly jobs: readonly { readonly id?: unknown; readonly tag?: unknown }[]; readonly next?: unknown }>;
  retrieve(id: string, options: JobCallOptions): Promise<Job>;
  /** Upload that it reads; undefined where that is unknown. */
  sourceOf(job: Job): string | undefined;
  hasEnded(job: Job): boolean;
  stateOf(job: Job, options: JobCallOptions): JobState | Promise<JobState>;
  /** The rows of all its results, in any order, as they arrive. Leaving the loop ends the download. */
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
      const source = uploads.get(lines) ?? (await api.upload(lines, tag, options));
      uploads.set(lines, source);
      try {
        const id = await api.start(source, tag, options);
        uploads.delete(lines);
        return id;
      } catch (error) {
        // What is refused for good will not be read. After anything else the job may be there, or be tried again.
        if (ProviderError.isInstance(error) && !error.retryable) {
          uploads.delete(lines);
          await remove(source, options);
        }
        throw error;
      }
    },
    find: (tagPrefix, options) => findJobs(api, tagPrefix, options),
    async poll(id, options) {
      const job = await api.retrieve(id, options);
      const state = await api.stateOf(job, options);
      // There was no room for it: its rows will not be read, and its lines go up again with another job.
      if (codeOf(state.reason) === "rate_limited") await remove(api.sourceOf(job), options);
      return state;
    },
    async *rows(id, inputsOf, options) {
      const job = await api.retrieve(id, options);
      const seen = new Set<string>();
      for await (const raw of api.rows(job, options)) {
        const row = await rowOf(kind, api, raw, inputsOf);
        if (row === undefined || seen.has(row.id)) continue;
        seen.add(row.id);
        yield row;
      }
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

async function findJobs<Job>(api: JobApi<Job>, tagPrefix: string, options: JobCallOptions): Promise<TaggedJob[]> {
  const found: TaggedJob[] = [];
  let cursor: string | undefined;
  for (;;) {
    const { jobs, next } = await api.list(cursor, options);
    for (const { id, tag } of jobs) {
      if (typeof id === "string" && typeof tag === "string" && tag.startsWith(tagPrefix)) found.push({ id, tag });
    }
    // A server that does not know the cursor would send its first page forever.
    if (textIn(next) === undefined || next === cursor) return found;
    cursor = textIn(next);
  }
}

/** Outcome of a row's line; undefined for the row of another job, and where nothing was done. */
async function rowOf<Input, Output>(
  kind: JobKind<Input, Output>,
  { dialect }: Pick<JobApi<unknown>, "dialect">,
  { id, answer, failure }: RawRow,
  inputsOf: (lineId: string) => readonly Input[] | undefined,
): Promise<JobRow<Output> | undefined> {
  const inputs = typeof id === "string" ? inputsOf(id) : undefined;
  if (typeof id !== "string" || inputs === undefined || inputs.length === 0) return undefined;
  if (failure instanceof Error) return { id, outcome: failure };
  if (failure !== undefined) {
    return { id, outcome: providerError(failure, dialect, kind.blame?.(inputs) ?? ANY_INPUT) };
  }
  const body = fieldsOf(answer) ?? {};
  const { inputTokens, outputTokens } = kind.usage(body) ?? {};
  // Not handed to `resolve`: what `read` throws at once is this line's outcome, too.
  const outcome = await Promise.resolve(body)
    .then((each) => kind.read(each, inputs))
    .catch(toError);
  return { id, outcome, ...defined({ inputTokens, outputTokens }) };
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
