import {
  countIn,
  defined,
  fieldsOf,
  idIn,
  type JobKind,
  providerError,
  readJson,
  refusalIn,
  textIn,
} from "@batchwise/adapter-kit";
import { batchRowIn, isFileError, type JobApi, jobBackend, jsonLines } from "@batchwise/adapter-kit/jobs";
import { type Clock, type JobBackend, type JobCallOptions, ProviderError, sleep, systemClock } from "@batchwise/core";
import type { Connection } from "../client.ts";
import { DIALECT, isJobCode, JOB_DIALECT } from "../errors.ts";
import { answerIn, send } from "../send.ts";
import { type Batch, batchesIn, batchIn, filesIn, hasEnded, isOlder, stateOf } from "./batch-state.ts";
import { FILES_KEPT_S, JOB_CAPS, JOB_PRICE_SHARE, PAGE } from "./limits.ts";

/** A batch, and the headers of its response. */
interface Job {
  readonly batch: Batch;
  readonly headers: Headers;
}

/** The live endpoint's path, without `/v1`, and what every good answer of it has. */
interface LiveEndpoint {
  readonly path: string;
  readonly field: string;
}

/** A Runnable's inputs through OpenAI's Batch API. OpenAI deletes what a batch has written after 30 days. */
export function batchJobs<Input, Output>(
  connection: Connection,
  { path, field }: LiveEndpoint,
  kind: JobKind<Input, Output>,
  clock: Clock = systemClock,
): JobBackend<Input, Output> {
  const endpoint = `/v1${path}`;
  const ask = async (request: Parameters<typeof send>[1], options: JobCallOptions): Promise<Job> => {
    const { response } = await send(connection, request, options).catch((error: unknown) => {
      throw judgedAgain(error);
    });
    const answer = fieldsOf(await readJson(response, DIALECT, options)) ?? {};
    // Some servers send an error with a good status.
    if (fieldsOf(answer["error"]) !== undefined) throw providerError(refusalIn({ body: answer }), JOB_DIALECT);
    return { batch: batchIn(answer), headers: response.headers };
  };
  const api: JobApi<Job> = {
    identity: ["openai", hostOf(connection), endpoint],
    caps: JOB_CAPS,
    priceShare: JOB_PRICE_SHARE,
    dialect: DIALECT,
    clock,
    line: (id, body) => `{"custom_id":${JSON.stringify(id)},"method":"POST","url":"${endpoint}","body":${body}}`,
    async upload(file, _tag, options) {
      const body = new FormData();
      body.append("purpose", "batch");
      body.append("file", file);
      return (await ask({ method: "post", path: "/files", body }, options)).batch.id;
    },
    start(source, tag, options) {
      const body = { input_file_id: source, endpoint, completion_window: "24h", metadata: { tag } };
      const create = { method: "post", path: "/batches", body } as const;
      return onceSeen(clock, options, async () => (await ask(create, options)).batch.id);
    },
    async list(after, options) {
      const query = { limit: PAGE, ...defined({ after }) };
      const { batch: page, headers } = await ask({ method: "get", path: "/batches", query }, options);
      const batches = batchesIn(page);
      const last = batches.at(-1);
      // Older ones have no files any more. Newest come first.
      const goesOn = fieldsOf(page)?.["has_more"] === true && !isOlder(last?.created_at, FILES_KEPT_S, headers);
      return {
        jobs: batches.map(({ id, metadata, input_file_id: source }) => ({ id, tag: metadata?.["tag"], source })),
        next: goesOn ? last?.id : undefined,
      };
    },
    async retrieve(id, options) {
      const job = await ask({ method: "get", path: pathOf("batches", id) }, options);
      if (textIn(job.batch.status) === undefined) throw notJobs();
      return job;
    },
    sourceOf: ({ batch }) => idIn(batch.input_file_id),
    hasEnded: ({ batch }) => hasEnded(batch),
    stateOf: ({ batch, headers }, _options, endedMs) => stateOf(batch, headers, endedMs),
    rowCount: ({ batch: { request_counts: counts } }) =>
      (countIn(counts?.completed) ?? 0) + (countIn(counts?.failed) ?? 0),
    isForgotten: ({ batch, headers }) => isOlder(batch.created_at, FILES_KEPT_S, headers),
    async *rows({ batch }, options) {
      for (const file of filesIn(batch)) {
        if (file === undefined) continue;
        const { response } = await send(
          connection,
          { method: "get", path: `${pathOf("files", file)}/content` },
          options,
        );
        for await (const line of jsonLines(response, DIALECT)) {
          // A gateway's way to refuse, with a good status.
          if (isFileError(line)) throw providerError(refusalIn({ body: line }), DIALECT);
          yield batchRowIn(line ?? {}, field);
        }
      }
    },
    cancel: (id, options) => ask({ method: "post", path: `${pathOf("batches", id)}/cancel` }, options),
    async remove(source, options) {
      const { response } = await send(connection, { method: "delete", path: pathOf("files", source) }, options);
      await response.body?.cancel();
    },
  };
  const read: typeof kind.read = (answer, inputs) =>
    kind.read(answerIn(answer, field as never, { path, blame: kind.blame?.(inputs) ?? {} }), inputs);
  return jobBackend({ ...kind, read }, api);
}

/**
 * A file can be unknown for a moment after it was uploaded. That is a 400 or 404 like any other, without a code of its
 * own, so any of them is tried a few times again: of no use for a mistake, but of no harm either.
 */
async function onceSeen<Result>(
  clock: Clock,
  { signal }: JobCallOptions,
  work: () => Promise<Result>,
): Promise<Result> {
  for (let waitMs = UNSEEN_MS; ; waitMs *= 2) {
    try {
      return await work();
    } catch (error) {
      const isRefused = ProviderError.isInstance(error) && !error.retryable;
      const mayBeUnseen = isRefused && (error.status === 400 || error.status === 404);
      if (!mayBeUnseen || waitMs > LONGEST_UNSEEN_MS) throw error;
      await sleep(waitMs, clock, signal);
    }
  }
}

/** Waits between four tries, each twice as long: 3.5 seconds in all. */
const UNSEEN_MS = 500;
const LONGEST_UNSEEN_MS = 2000;

/** An error with a code that means something of its own for jobs. */
function judgedAgain(error: unknown): unknown {
  if (!ProviderError.isInstance(error) || !isJobCode(error.providerCode)) return error;
  const { status, providerCode: code, requestId } = error;
  return providerError({ status, code, requestId }, JOB_DIALECT);
}

/** It may be a proxy that answers for the server. */
function notJobs(): ProviderError {
  return new ProviderError(
    "Expected a batch with a status, got none. Try again later; if it goes on, check that the server behind `baseURL` has " +
      "OpenAI's Batch API.",
    { retryable: true },
  );
}

function pathOf(folder: "batches" | "files", id: string): string {
  return `/${folder}/${encodeURIComponent(id)}`;
}

/** Host that the client sends to: jobs of one server are not another's. */
function hostOf({ client }: Connection): string {
  const { baseURL } = client as { baseURL?: unknown };
  return typeof baseURL === "string" && URL.canParse(baseURL) ? new URL(baseURL).host : "";
}
