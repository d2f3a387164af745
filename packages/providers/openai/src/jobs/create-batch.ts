import { type Clock, type JobCallOptions, type JobLine, ProviderError, ResultError, sleep } from "@batchwise/core";
import type { Connection } from "../client.ts";
import { textIn } from "./batch.ts";
import { request, requestObject } from "./request.ts";

/** A file of lines that was uploaded. */
export interface Upload {
  readonly id: string;
}

/** What creating a batch needs. */
export interface Creation {
  readonly connection: Connection;
  readonly endpoint: string;
  readonly clock: Clock;
  /** Files whose batch could not be created yet: another try need not upload them again. */
  readonly uploads: WeakMap<readonly JobLine[], Upload>;
}

/** Uploads the lines and starts a batch. @returns the batch's id */
export async function createBatch(
  creation: Creation,
  lines: readonly JobLine[],
  tag: string,
  options: JobCallOptions,
): Promise<string> {
  const { connection, uploads } = creation;
  const upload = uploads.get(lines) ?? (await uploadLines(connection, lines, tag, options));
  uploads.set(lines, upload);
  try {
    const id = await start(creation, upload, tag, options);
    uploads.delete(lines);
    return id;
  } catch (error) {
    // What is refused for good will not be read. After anything else the batch may be there, or be tried again.
    if (ProviderError.isInstance(error) && !error.retryable && error.status !== undefined) {
      uploads.delete(lines);
      const path = `/files/${encodeURIComponent(upload.id)}`;
      await request(connection, { method: "delete", path }, options).catch(() => undefined);
    }
    throw error;
  }
}

async function uploadLines(
  connection: Connection,
  lines: readonly JobLine[],
  tag: string,
  options: JobCallOptions,
): Promise<Upload> {
  const body = new FormData();
  body.append("purpose", "batch");
  const texts = lines.map(({ text }) => `${text}\n`);
  body.append("file", new File(texts, `${tag.replaceAll(/[^\w.-]/g, "_")}.jsonl`, { type: "application/jsonl" }));
  const { answer } = await requestObject(connection, { method: "post", path: "/files", body }, options);
  return { id: idIn(answer, "/files") };
}

/**
 * A file can be unknown for a moment after it was uploaded. That is a 400 or 404 like any other, without a code of its
 * own, so any of them is tried a few times again: of no use for a mistake, but of no harm either.
 */
async function start(
  { connection, endpoint, clock }: Creation,
  upload: Upload,
  tag: string,
  options: JobCallOptions,
): Promise<string> {
  const body = { input_file_id: upload.id, endpoint, completion_window: "24h", metadata: { tag } };
  for (let attempt = 1; ; attempt++) {
    try {
      const { answer } = await requestObject(connection, { method: "post", path: "/batches", body }, options);
      return idIn(answer, "/batches");
    } catch (error) {
      const mayBeUnseen = ProviderError.isInstance(error) && (error.status === 400 || error.status === 404);
      if (!mayBeUnseen || attempt === UNSEEN_ATTEMPTS) throw error;
      await sleep(UNSEEN_MS * 2 ** (attempt - 1), clock, options.signal);
    }
  }
}

/** Tries, and the wait after the first one, which doubles: 3.5 seconds in all. */
const UNSEEN_ATTEMPTS = 4;
const UNSEEN_MS = 500;

function idIn({ id }: { readonly id?: unknown }, path: string): string {
  const text = textIn(id);
  if (text !== undefined) return text;
  throw new ResultError(
    `Expected an id from ${path}, came none. Check that the server behind \`baseURL\` has OpenAI's Batch API.`,
  );
}
