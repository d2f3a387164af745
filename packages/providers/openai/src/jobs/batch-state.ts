import { countIn, defined, type Fields, fieldsOf, idIn, providerError, textIn, word } from "@batchwise/adapter-kit";
import { type JobEnding, jobEnding } from "@batchwise/adapter-kit/jobs";
import { type HeadersLike, type JobState, ProviderError, retryAfterMs } from "@batchwise/core";
import { JOB_DIALECT } from "../errors.ts";
import { FILE_LATE_MS, FILES_LATE_MS } from "./limits.ts";

/** Part of a batch that is read. Any of it may be missing, or null. */
export interface Batch {
  readonly id?: unknown;
  readonly status?: unknown;
  readonly created_at?: unknown;
  readonly completed_at?: unknown;
  readonly failed_at?: unknown;
  readonly expired_at?: unknown;
  readonly cancelled_at?: unknown;
  readonly input_file_id?: unknown;
  readonly output_file_id?: unknown;
  readonly error_file_id?: unknown;
  readonly request_counts?: { readonly completed?: unknown; readonly failed?: unknown } | null;
  readonly metadata?: Readonly<Record<string, unknown>> | null;
  readonly errors?: { readonly data?: readonly ({ readonly code?: unknown } | null)[] | null } | null;
}

/**
 * The batch or the upload in an answer, which some servers put into one more object: Together into `job`, SiliconFlow into `data`.
 * https://docs.together.ai/reference/batch-create, https://docs.siliconflow.cn/docs/api/files-post, checked 2026-11-30.
 */
export function batchIn(answer: Fields): Batch {
  const { id, job, data } = answer;
  const inner = fieldsOf(job ?? data);
  return idIn(id) !== undefined || inner === undefined || Array.isArray(inner) ? answer : inner;
}

/** Batches in a page of them: in `data`; in a `list` of it; or the page itself, as Together's is. */
export function batchesIn(page: unknown): readonly Batch[] {
  if (Array.isArray(page)) return page.map((each) => fieldsOf(each) ?? {});
  const { data, list = data } = fieldsOf(page) ?? {};
  return list === undefined ? [] : batchesIn(list);
}

/** Ids of its output and of its error file, as far as it has them. A number of 0 is none. */
export function filesIn({ output_file_id: output, error_file_id: errors }: Batch): (string | undefined)[] {
  return [output, errors].map((file) => idIn(file || undefined));
}

/** Tells whether a batch has ended. Its files may still be missing. */
export function hasEnded(batch: Batch): boolean {
  return endingOf(batch) !== undefined;
}

/** By its status, or where its word is unknown by the time of its end. */
function endingOf({ status, ...batch }: Batch): JobEnding | undefined {
  if (GOES_ON.has(status)) return undefined;
  const ends = ["completed", "failed", "expired", "cancelled"] as const;
  return jobEnding(status) ?? ends.find((end) => (countIn(batch[`${end}_at`]) ?? 0) > 0);
}

const GOES_ON: ReadonlySet<unknown> = new Set(["validating", "in_progress", "finalizing", "cancelling"]);

/** Tells whether more than so many seconds had passed since `time` when a response was sent. */
export function isOlder(time: unknown, seconds: number, headers: HeadersLike): boolean {
  const from = countIn(time);
  const now = Date.parse(headers.get("date") ?? "") / 1000;
  return from !== undefined && now - from > seconds;
}

/** State of a batch. @param endedMs milliseconds since it was first seen to have ended */
export function stateOf(batch: Batch, headers: HeadersLike, endedMs: number = 0): JobState {
  const completed = countIn(batch.request_counts?.completed);
  const done = completed === undefined ? undefined : completed + (countIn(batch.request_counts?.failed) ?? 0);
  const ending = endingOf(batch);
  if (ending === undefined || (ending !== "failed" && !hasFiles(batch, ending, headers, endedMs))) {
    return { status: "running", ...defined({ done, pollAfterMs: retryAfterMs(headers) }) };
  }
  return { status: "ended", ...defined({ done, reason: reasonOf(batch, ending) }) };
}

/**
 * Tells whether all files are there that its counts promise, and one at least (P31). What has not come long after the end
 * will not come: counts may be wrong, and the time of the end unknown.
 */
function hasFiles(batch: Batch, ending: JobEnding, headers: HeadersLike, endedMs: number): boolean {
  const [output, errors] = filesIn(batch).map((file) => file !== undefined) as [boolean, boolean];
  const completed = countIn(batch.request_counts?.completed) ?? 0;
  const failed = countIn(batch.request_counts?.failed) ?? 0;
  // A batch that was stopped before its first line has none at all.
  const any = output || errors || (ending === "cancelled" && batch.request_counts?.completed === 0);
  if (any && (output || completed === 0) && (errors || failed === 0)) return true;
  const isStopped = ending !== "completed" && completed + failed === 0;
  const lateMs = any || isStopped ? FILE_LATE_MS : FILES_LATE_MS;
  const endedAt = batch.completed_at ?? batch.expired_at ?? batch.cancelled_at;
  return endedMs > lateMs || isOlder(endedAt, lateMs / 1000, headers);
}

/** Reason for which the batch ended before its lines did; undefined where it did not. */
function reasonOf(batch: Batch, ending: JobEnding): Error | undefined {
  if (ending === "failed") return failure(batch);
  if (ending !== "completed") {
    return again("a batch of which every line is done", `one that is ${ending}`, `batch_${ending}`);
  }
  const hasRows = filesIn(batch).some((file) => file !== undefined);
  return hasRows ? undefined : again("the files of a batch that is completed", "none", "files_missing");
}

/** By the code of the first error that has one; its message may quote a line. */
function failure({ errors }: Batch): ProviderError {
  const codes = Array.isArray(errors?.data) ? errors.data.map((error) => textIn(error?.code)) : [];
  const code = codes.find((each) => each !== undefined);
  // Without one it may be better another time; else as the refusal of a request with nothing in it but the file.
  const status = code === undefined ? undefined : 400;
  return providerError({ status, code: word(code), param: "input_file_id" }, JOB_DIALECT);
}

function again(expected: string, got: string, providerCode: string): ProviderError {
  const message = `Expected ${expected}, got ${got}. Send the other lines again.`;
  return new ProviderError(message, { providerCode, retryable: true });
}
