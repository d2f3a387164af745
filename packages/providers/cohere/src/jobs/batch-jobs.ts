import {
  InputError,
  type JobBackend,
  type JobCallOptions,
  type JobLine,
  type JobRow,
  ProviderError,
} from "@batchwise/core";
import type { Cohere } from "cohere-ai";
import { brokenOff } from "../errors.ts";
import { avroRows } from "./avro-rows.ts";
import { type Batch, hasEnded, isLate, stateOf } from "./batch-state.ts";
import { rowIn } from "./batch-rows.ts";
import { callSdk, type JobClient, jobClientOf, type JobConnection } from "./connection.ts";
import { createBatch, deleteDataset } from "./create-batch.ts";
import { download } from "./download.ts";
import type { JobKind } from "./job-kind.ts";
import { JOB_CAPS, PAGE } from "./limits.ts";

/**
 * A Runnable's inputs through Cohere's batches.
 *
 * The dataset that was uploaded is deleted when a batch's rows have been read to their end; Cohere deletes what a batch
 * has written, and what is left over, after 30 days.
 *
 * @throws ArgumentError for a client without batches
 */
export function batchJobs<Input, Output>(
  connection: JobConnection,
  kind: JobKind<Input, Output>,
): JobBackend<Input, Output> {
  const client = jobClientOf(connection.client);
  const uploads = new WeakMap<readonly JobLine[], string>();
  const retrieve = async (id: string, options: JobCallOptions): Promise<Batch> => {
    const { batch } = await callSdk(connection, (sdkOptions) => client.batches.retrieve(id, sdkOptions), options);
    return batch ?? {};
  };
  return {
    identity: ["cohere", connection.host, kind.type, kind.model, JSON.stringify(kind.common)].join(" "),
    caps: JOB_CAPS,
    check: (input) => void bodyText(kind, [input]),
    line: (inputs, id) => ({ id, text: `{"custom_id":${JSON.stringify(id)},"body":${bodyText(kind, inputs)}}` }),
    create: (lines, tag, options) => createBatch({ connection, client, kind, uploads }, lines, tag, options),
    find: (tagPrefix, options) => findBatches(connection, client, tagPrefix, options),
    async poll(id, options) {
      const batch = await retrieve(id, options);
      const state = stateOf(batch, Date.now());
      const output = textIn(batch.outputDatasetId);
      if (state.status === "running" || output === undefined) return state;
      // Cohere looks at a batch's output, too, before it can be downloaded (P31).
      const isThere = await hasParts({ connection, client }, output, options).catch((error: unknown) => {
        // What is not to be found just after the end is not there yet; later, it is gone.
        if (ProviderError.isInstance(error) && error.status === 404 && !isLate(batch, Date.now())) return false;
        throw error;
      });
      return isThere ? state : { ...state, status: "running" };
    },
    async *rows(id, inputsOf, options) {
      const { inputDatasetId, outputDatasetId } = await retrieve(id, options);
      const [input, output] = [textIn(inputDatasetId), textIn(outputDatasetId)];
      if (output !== undefined) yield* rowsOf({ connection, client, kind }, output, inputsOf, options);
      if (input !== undefined) await deleteDataset({ connection, client }, input, options);
    },
    async cancel(id, options) {
      try {
        await callSdk(connection, (sdkOptions) => client.batches.cancel(id, sdkOptions), options);
      } catch (error) {
        // A batch that has ended cannot be cancelled, which is as good.
        if (!ProviderError.isInstance(error) || (error.status !== 400 && error.status !== 409)) throw error;
        if (!hasEnded(await retrieve(id, options))) throw error;
      }
    },
  };
}

interface Reading<Input, Output> {
  readonly connection: JobConnection;
  readonly client: JobClient;
  readonly kind: JobKind<Input, Output>;
}

async function* rowsOf<Input, Output>(
  { connection, client, kind }: Reading<Input, Output>,
  datasetId: string,
  inputsOf: (lineId: string) => readonly Input[],
  options: JobCallOptions,
): AsyncGenerator<JobRow<Output>, void, undefined> {
  const parts = await partsOf({ connection, client }, datasetId, options);
  // No rows would say that nothing was done, and have it all done and paid again.
  if (parts.length === 0) throw notReady();
  const seen = new Set<string>();
  for (const { url, numRows } of parts) {
    if (typeof url !== "string") throw notReady();
    const rows = avroRows(await download(connection, url, options));
    let came = 0;
    try {
      for (;;) {
        const { done, value } = await rows.next().catch((thrown: unknown) => unreadable(thrown, options));
        if (done === true) break;
        came++;
        const row = await rowIn(kind, value, inputsOf);
        if (row === undefined || seen.has(row.id)) continue;
        seen.add(row.id);
        yield row;
      }
    } finally {
      await rows.return();
    }
    // The decoder takes the end of what came for the end of all.
    if (typeof numRows === "number" && came < numRows) throw brokenOff();
  }
}

async function partsOf(
  { connection, client }: Pick<Reading<unknown, unknown>, "connection" | "client">,
  datasetId: string,
  options: JobCallOptions,
): Promise<readonly Cohere.DatasetPart[]> {
  const { dataset } = await callSdk(connection, (sdkOptions) => client.datasets.get(datasetId, sdkOptions), options);
  return dataset?.datasetParts ?? [];
}

async function hasParts(...reading: Parameters<typeof partsOf>): Promise<boolean> {
  return (await partsOf(...reading)).length > 0;
}

function notReady(): ProviderError {
  return new ProviderError("Expected the parts of the batch's output, they are not there yet. Try again later.", {
    providerCode: "output_missing",
    retryable: true,
  });
}

function textIn(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function unreadable(thrown: unknown, { signal }: JobCallOptions): never {
  signal?.throwIfAborted();
  throw brokenOff(thrown);
}

async function findBatches(
  connection: JobConnection,
  client: JobClient,
  tagPrefix: string,
  options: JobCallOptions,
): Promise<{ readonly id: string; readonly tag: string }[]> {
  const found: { readonly id: string; readonly tag: string }[] = [];
  let pageToken: string | undefined;
  do {
    const request = { pageSize: PAGE, ...(pageToken === undefined ? {} : { pageToken }) };
    const page = await callSdk(connection, (sdkOptions) => client.batches.list(request, sdkOptions), options);
    for (const { id, name } of page.batches ?? []) {
      if (typeof id === "string" && typeof name === "string" && name.startsWith(tagPrefix))
        found.push({ id, tag: name });
    }
    // A server that does not know the token would send its first page for ever.
    pageToken = page.nextPageToken === pageToken ? undefined : page.nextPageToken;
  } while (pageToken);
  return found;
}

/** @throws InputError for inputs that can't be sent, or written as JSON */
function bodyText<Input>(kind: JobKind<Input>, inputs: readonly Input[]): string {
  const body = kind.body(inputs);
  try {
    return JSON.stringify(body);
  } catch {
    throw new InputError("Expected an input that can be written as JSON, came one that can't. Change it.");
  }
}
