import { type JobCallOptions, type JobLine, ProviderError, ResultError, sleep } from "@batchwise/core";
import { callSdk, type JobClient, type JobConnection } from "./connection.ts";
import type { JobKind } from "./job-kind.ts";
import { VALIDATION_MS } from "./limits.ts";

/** What creating a batch needs. */
export interface Creation {
  readonly connection: JobConnection;
  readonly client: JobClient;
  readonly kind: JobKind;
  /** Datasets whose batch could not be created yet: another try need not upload them again. */
  readonly uploads: WeakMap<readonly JobLine[], string>;
}

/** Uploads the lines, waits until Cohere has looked at them, and starts a batch. @returns the batch's id */
export async function createBatch(
  creation: Creation,
  lines: readonly JobLine[],
  tag: string,
  options: JobCallOptions,
): Promise<string> {
  const { connection, client, kind, uploads } = creation;
  const datasetId = uploads.get(lines) ?? (await upload(creation, lines, tag, options));
  uploads.set(lines, datasetId);
  try {
    await validated(creation, datasetId, options);
    const request = { name: tag, inputDatasetId: datasetId, model: kind.model };
    const { batch } = await callSdk(connection, (sdkOptions) => client.batches.create(request, sdkOptions), options);
    uploads.delete(lines);
    return idIn(batch?.id, "batch");
  } catch (error) {
    // What is refused for good will not be read. After anything else the batch may be there, or be tried again.
    if (ProviderError.isInstance(error) && !error.retryable) {
      uploads.delete(lines);
      await deleteDataset(creation, datasetId, options);
    }
    throw error;
  }
}

/** Tidies up. Where that fails, Cohere does it 30 days later, and no result is worse for it. */
export async function deleteDataset(
  { connection, client }: Pick<Creation, "connection" | "client">,
  id: string,
  options: JobCallOptions,
): Promise<void> {
  await callSdk(connection, (sdkOptions) => client.datasets.delete(id, sdkOptions), options).catch(() => undefined);
}

/**
 * The SDK takes the file first and the request third, whatever its documentation says, and sends "[object Object]" of a
 * stream of Node's own: so it gets a File.
 */
async function upload(
  { connection, client, kind }: Creation,
  lines: readonly JobLine[],
  tag: string,
  options: JobCallOptions,
): Promise<string> {
  const texts = lines.map(({ text }) => `${text}\n`);
  const file = new File(texts, "lines.jsonl", { type: "application/jsonl" });
  const request = { name: tag, type: kind.type };
  const { id } = await callSdk(
    connection,
    (sdkOptions) => client.datasets.create(file, undefined, request, sdkOptions),
    options,
  );
  return idIn(id, "dataset");
}

async function validated({ connection, client }: Creation, id: string, options: JobCallOptions): Promise<void> {
  const startedAt = connection.clock.now();
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    const { dataset } = await callSdk(connection, (sdkOptions) => client.datasets.get(id, sdkOptions), options);
    const status = dataset?.validationStatus;
    if (status === "validated" || status === "skipped") return;
    if (status === "failed") {
      throw new ProviderError("Cohere refuses the dataset. Check the inputs and options against its API.", {
        code: "invalid_argument",
        retryable: false,
      });
    }
    if (connection.clock.now() - startedAt > VALIDATION_MS) {
      throw new ProviderError("Cohere has not looked at the dataset within 15 minutes. Try again later.", {
        retryable: true,
      });
    }
    await sleep(waitMs, connection.clock, options.signal);
  }
}

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 15_000;

function idIn(id: unknown, what: string): string {
  if (typeof id === "string" && id !== "") return id;
  throw new ResultError(`Expected the id of a ${what} from Cohere, came none. Try again, or check \`baseURL\`.`);
}
