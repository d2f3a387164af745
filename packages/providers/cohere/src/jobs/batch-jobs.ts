import {
  countIn,
  defined,
  fieldsOf,
  type JobKind,
  objectIn,
  type RawRow,
  textIn,
  within,
} from "@batchwise/adapter-kit";
import { type JobApi, jobBackend } from "@batchwise/adapter-kit/jobs";
import {
  ArgumentError,
  type JobBackend,
  type JobCallOptions,
  ProviderError,
  sleep,
  systemClock,
} from "@batchwise/core";
import type { Cohere } from "cohere-ai";
import { BASE_URL, type CohereClientLike } from "../client.ts";
import { brokenOff, DIALECT } from "../errors.ts";
import { TIMEOUT_MS } from "../limits.ts";
import type { CohereOptions } from "../options.ts";
import { send, type Start } from "../send.ts";
import { avroRows } from "./avro-rows.ts";
import { type Batch, hasEnded, isLate, isOlder, stateOf } from "./batch-state.ts";
import { JOB_CAPS, OUTPUT_KEPT_MS, PAGE, VALIDATION_MS } from "./limits.ts";

/** Kind of the datasets that a batch reads, and the model as batches call it. */
interface Job {
  readonly type: "batch-embed-v2-input" | "batch-chat-v2-input";
  readonly model: string;
}

/**
 * A Runnable's inputs through Cohere's batches. Cohere deletes what a batch has written after 30 days.
 *
 * @param options those of the Runnable that the jobs are for
 * @throws ArgumentError for a client without batches, such as a CohereClient's `v2`
 */
export function batchJobs<Input, Output>(
  { batches, datasets }: CohereClientLike,
  options: Pick<CohereOptions, "baseURL" | "client" | "fetch" | "clock" | "timeoutMs">,
  { type, model }: Job,
  kind: JobKind<Input, Output>,
): JobBackend<Input, Output> {
  if (batches === undefined || datasets === undefined) {
    throw new ArgumentError(
      "Expected `client` to have `batches` and `datasets` for offline jobs, got neither. Give a CohereClientV2, or a CohereClient.",
    );
  }
  const { baseURL = BASE_URL, clock = systemClock, timeoutMs = TIMEOUT_MS } = options;
  // There is no engine around a job's calls to see to their time, and no input in them to blame.
  const call = <Data>(start: Start<Data>, { signal }: JobCallOptions): Promise<Data> =>
    send(start, { signal, timeoutMs, clock }, () => undefined, {});
  const partsOf = async (id: string, each: JobCallOptions): Promise<readonly Cohere.DatasetPart[]> =>
    (await call((sdk) => datasets.get(id, sdk), each)).dataset?.datasetParts ?? [];
  /** Its address is signed, which makes it a secret: it stays out of every error, and the key stays out of the request. */
  const download = async (url: string, { signal }: JobCallOptions): Promise<Response> => {
    const fetch = options.fetch ?? globalThis.fetch;
    const response = await within({ signal, timeoutMs, clock }, (own) => fetch(url, { signal: own }));
    if (response.ok) return response;
    await response.body?.cancel();
    throw notReady("a part of the batch's output", `status ${response.status}`, { status: response.status });
  };
  const api: JobApi<Batch> = {
    identity: ["cohere", options.client === undefined ? new URL(baseURL).host : "", type, model],
    caps: JOB_CAPS,
    dialect: DIALECT,
    clock,
    line: (id, body) => `{"custom_id":${JSON.stringify(id)},"body":${body}}`,
    async upload(file, tag, each) {
      // The SDK takes the file first and the request third, whatever its documentation says.
      return (await call((sdk) => datasets.create(file, undefined, { name: tag, type }, sdk), each)).id;
    },
    async start(source, tag, each) {
      const look = (): Promise<Cohere.DatasetsGetResponse> => call((sdk) => datasets.get(source, sdk), each);
      for (const startedAt = clock.now(), wait = waits(); !(await isValidated(look));) {
        if (clock.now() - startedAt > VALIDATION_MS)
          throw notReady("a dataset that Cohere has looked at", "none after 15 minutes");
        await sleep(wait.next().value, clock, each.signal);
      }
      const request = { name: tag, inputDatasetId: source, model };
      return (await call((sdk) => batches.create(request, sdk), each)).batch?.id;
    },
    async list(pageToken, each) {
      const request = { pageSize: PAGE, ...defined({ pageToken }) };
      const page = await call((sdk) => batches.list(request, sdk), each);
      return { jobs: (page.batches ?? []).map(({ id, name: tag }) => ({ id, tag })), next: page.nextPageToken };
    },
    async retrieve(id, each) {
      const { batch } = await call((sdk) => batches.retrieve(id, sdk), each);
      if (textIn(batch?.status) === undefined) throw notReady("a batch with a status", "none");
      return batch ?? {};
    },
    sourceOf: ({ inputDatasetId }) => textIn(inputDatasetId),
    hasEnded,
    async stateOf(batch, each, endedMs) {
      const late = isLate(batch, Date.now(), endedMs);
      const state = stateOf(batch, late);
      const output = textIn(batch.outputDatasetId);
      if (state.status === "running" || output === undefined || late) return state;
      // Cohere looks at a batch's output, too, before it can be downloaded (P31).
      const parts = await partsOf(output, each).catch((error: unknown) => {
        // What is not to be found just after the end is not there yet.
        if (ProviderError.isInstance(error) && error.status === 404) return [];
        throw error;
      });
      return parts.length > 0 ? state : { ...state, status: "running" };
    },
    rowCount: ({ numSuccessfulRecords }) => countIn(numSuccessfulRecords),
    isForgotten: (batch) => isOlder(batch, OUTPUT_KEPT_MS, Date.now()),
    async *rows({ outputDatasetId }, each) {
      const output = textIn(outputDatasetId);
      if (output === undefined) return;
      const parts = await partsOf(output, each);
      // No rows would say that nothing was done, and have it all done and paid again.
      if (parts.length === 0) throw notReady("the parts of the batch's output", "none yet");
      let failure: unknown;
      for (const { url, numRows } of parts) {
        // A part that cannot be read leaves the others as they are.
        try {
          if (typeof url !== "string") throw notReady("the parts of the batch's output", "none yet");
          yield* rowsOf(await download(url, each), numRows);
        } catch (thrown) {
          each.signal?.throwIfAborted();
          failure ??= thrown;
        }
      }
      if (failure !== undefined) throw failure;
    },
    cancel: (id, each) => call((sdk) => batches.cancel(id, sdk), each),
    remove: (source, each) => call((sdk) => datasets.delete(source, sdk), each),
  };
  return jobBackend(kind, api);
}

async function* rowsOf(response: Response, numRows: unknown): AsyncGenerator<RawRow, void, undefined> {
  let count = 0;
  for await (const row of avroRows(response)) {
    count++;
    yield rowIn(row);
  }
  if (typeof numRows === "number" && count < numRows) throw brokenOff();
}

/** Row of a batch's output. Cohere describes `custom_id` and `body`, and does not say how a line that failed looks. */
function rowIn(row: object): RawRow {
  const { custom_id: id, body, error } = fieldsOf(row) ?? {};
  const answer = objectIn(body);
  if ((error ?? undefined) === undefined && answer !== undefined) return { id, answer };
  // By its status alone, as the live endpoint's failure would be judged. Without one it may be better another time.
  const status = objectIn(error)?.["status_code"];
  return { id, failure: { status: typeof status === "number" ? status : undefined } };
}

/** @throws ProviderError where Cohere refuses the dataset */
async function isValidated(look: () => Promise<Cohere.DatasetsGetResponse>): Promise<boolean> {
  const status = (await look()).dataset?.validationStatus;
  if (status !== "failed") return status === "validated" || status === "skipped";
  throw new ProviderError(
    "Expected a dataset that Cohere takes, got one that it refuses. Check the inputs and options against its API.",
    { code: "invalid_argument", retryable: false },
  );
}

/** Waits between looks at a dataset, in milliseconds: each twice as long, up to 15 seconds. */
function* waits(): Generator<number, never, undefined> {
  for (let waitMs = 250; ; waitMs = Math.min(waitMs * 2, 15_000)) yield waitMs;
}

function notReady(expected: string, got: string, facts: { readonly status?: number } = {}): ProviderError {
  return new ProviderError(`Expected ${expected}, got ${got}. Try again later.`, {
    providerCode: "output_missing",
    retryable: true,
    ...facts,
  });
}
