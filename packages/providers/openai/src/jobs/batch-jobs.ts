import {
  type Clock,
  codeOf,
  InputError,
  type JobBackend,
  type JobCallOptions,
  type JobLine,
  type JobRow,
  ProviderError,
  systemClock,
} from "@batchwise/core";
import type { Connection } from "../client.ts";
import { networkError } from "../failures.ts";
import { type Batch, textIn } from "./batch.ts";
import { rowIn } from "./batch-rows.ts";
import { hasEnded, stateOf } from "./batch-state.ts";
import { createBatch, type Upload } from "./create-batch.ts";
import { findBatches } from "./find-batches.ts";
import type { JobKind } from "./job-kind.ts";
import { JOB_CAPS, JOB_PRICE_SHARE } from "./limits.ts";
import { request, requestObject } from "./request.ts";
import { textLines } from "./text-lines.ts";

/**
 * A Runnable's inputs through OpenAI's Batch API.
 *
 * The file that was uploaded is deleted when a batch's rows have been read to their end, or when there was no room for
 * the batch. OpenAI deletes what a batch has written, and what is left over, after 30 days.
 */
export function batchJobs<Input, Output>(
  connection: Connection,
  kind: JobKind<Input, Output>,
  clock: Clock = systemClock,
): JobBackend<Input, Output> {
  const endpoint = `/v1${kind.path}`;
  const uploads = new WeakMap<readonly JobLine[], Upload>();
  const retrieve = (id: string, options: JobCallOptions): Promise<{ answer: Batch; headers: Headers }> =>
    requestObject(connection, { method: "get", path: pathOf(id) }, options);
  return {
    identity: ["openai", hostOf(connection), endpoint, JSON.stringify(kind.common)].join(" "),
    caps: JOB_CAPS,
    priceShare: JOB_PRICE_SHARE,
    check: (input) => void bodyText(kind, [input]),
    line: (inputs, id) => ({
      id,
      text: `{"custom_id":${JSON.stringify(id)},"method":"POST","url":"${endpoint}","body":${bodyText(kind, inputs)}}`,
    }),
    create: (lines, tag, options) => createBatch({ connection, endpoint, clock, uploads }, lines, tag, options),
    find: (tagPrefix, options) => findBatches(connection, tagPrefix, options),
    async poll(id, options) {
      const { answer, headers } = await retrieve(id, options);
      const state = stateOf(answer, headers);
      // There was no room for it: nobody will read its rows, and its lines go up again with another batch.
      if (codeOf(state.reason) === "rate_limited") await deleteFile(connection, textIn(answer.input_file_id), options);
      return state;
    },
    async *rows(id, inputsOf, options) {
      const { answer: batch } = await retrieve(id, options);
      const seen = new Set<string>();
      for (const file of [textIn(batch.output_file_id), textIn(batch.error_file_id)]) {
        if (file !== undefined) yield* rowsOf(connection, kind, { file, inputsOf, seen }, options);
      }
      await deleteFile(connection, textIn(batch.input_file_id), options);
    },
    async cancel(id, options) {
      try {
        await requestObject(connection, { method: "post", path: `${pathOf(id)}/cancel` }, options);
      } catch (error) {
        // A batch that has ended cannot be cancelled, which is as good.
        if (!ProviderError.isInstance(error) || (error.status !== 400 && error.status !== 409)) throw error;
        if (!hasEnded((await retrieve(id, options)).answer)) throw error;
      }
    },
  };
}

interface Source<Input> {
  readonly file: string;
  readonly inputsOf: (lineId: string) => readonly Input[];
  /** Lines that have a row. */
  readonly seen: Set<string>;
}

async function* rowsOf<Input, Output>(
  connection: Connection,
  kind: JobKind<Input, Output>,
  { file, inputsOf, seen }: Source<Input>,
  options: JobCallOptions,
): AsyncGenerator<JobRow<Output>, void, undefined> {
  const path = `/files/${encodeURIComponent(file)}/content`;
  const lines = textLines(await request(connection, { method: "get", path }, options));
  try {
    for (;;) {
      const { done, value } = await lines.next().catch((thrown: unknown) => brokenOff(thrown, options));
      if (done === true) return;
      const row = value.trim() === "" ? undefined : await rowIn(kind, value, inputsOf);
      if (row === undefined || seen.has(row.id)) continue;
      seen.add(row.id);
      yield row;
    }
  } finally {
    await lines.return();
  }
}

function brokenOff(thrown: unknown, { signal }: JobCallOptions): never {
  signal?.throwIfAborted();
  throw networkError(thrown, { status: 200 });
}

/** Tidies up. Where that fails, the provider does it 30 days later, and no result is worse for it. */
async function deleteFile(connection: Connection, file: string | undefined, options: JobCallOptions): Promise<void> {
  if (file === undefined) return;
  const path = `/files/${encodeURIComponent(file)}`;
  await request(connection, { method: "delete", path }, options)
    .then((response) => response.body?.cancel())
    .catch(() => undefined);
}

/** @throws InputError for inputs that can't be sent, or written as JSON */
function bodyText<Input>(kind: JobKind<Input>, inputs: readonly Input[]): string {
  const { body } = kind.call(inputs);
  try {
    return JSON.stringify(body);
  } catch {
    throw new InputError("Expected an input that can be written as JSON, came one that can't. Change it.");
  }
}

function pathOf(id: string): string {
  return `/batches/${encodeURIComponent(id)}`;
}

/** Where the client sends to: jobs of one server are not another's. */
function hostOf({ client }: Connection): string {
  const { baseURL } = client as { baseURL?: unknown };
  return typeof baseURL === "string" && URL.canParse(baseURL) ? new URL(baseURL).host : "";
}
