import { countIn, defined, providerError, textIn, word } from "@batchwise/adapter-kit";
import { type HeadersLike, type JobState, ProviderError, retryAfterMs } from "@batchwise/core";
import { DIALECT } from "../errors.ts";
import { FILES_LATE_S } from "./limits.ts";

/** Part of a batch that is read. Any of it may be missing, or null. */
export interface Batch {
  readonly id?: unknown;
  readonly status?: unknown;
  readonly created_at?: unknown;
  readonly completed_at?: unknown;
  readonly expired_at?: unknown;
  readonly cancelled_at?: unknown;
  readonly input_file_id?: unknown;
  readonly output_file_id?: unknown;
  readonly error_file_id?: unknown;
  readonly request_counts?: { readonly completed?: unknown; readonly failed?: unknown } | null;
  readonly metadata?: Readonly<Record<string, unknown>> | null;
  readonly errors?: { readonly data?: readonly ({ readonly code?: unknown } | null)[] | null } | null;
}

/** Statuses of a batch that goes on no more. */
const ENDED: ReadonlySet<unknown> = new Set(["completed", "failed", "expired", "cancelled"]);

/** Tells whether a batch has ended. Its files may still be missing. */
export function hasEnded(batch: Batch): boolean {
  return ENDED.has(batch.status);
}

/** Tells whether more than so many seconds had passed since `time` when a response was sent. */
export function isOlder(time: unknown, seconds: number, headers: HeadersLike): boolean {
  const from = countIn(time);
  const now = Date.parse(headers.get("date") ?? "") / 1000;
  return from !== undefined && now - from > seconds;
}

/** State of a batch. */
export function stateOf(batch: Batch, headers: HeadersLike): JobState {
  const completed = countIn(batch.request_counts?.completed);
  const done = completed === undefined ? undefined : completed + (countIn(batch.request_counts?.failed) ?? 0);
  if (!hasEnded(batch) || (batch.status !== "failed" && !hasFiles(batch, headers))) {
    return { status: "running", ...defined({ done, pollAfterMs: retryAfterMs(headers) }) };
  }
  return { status: "ended", ...defined({ done, reason: reasonOf(batch) }) };
}

/**
 * Tells whether all files are there that its counts promise, and one at least (P31). What has not come long after the end
 * will not come.
 */
function hasFiles(batch: Batch, headers: HeadersLike): boolean {
  const output = textIn(batch.output_file_id) !== undefined;
  const errors = textIn(batch.error_file_id) !== undefined;
  const completed = countIn(batch.request_counts?.completed) ?? 0;
  const failed = countIn(batch.request_counts?.failed) ?? 0;
  // A batch that was stopped before its first line has none at all.
  const any = output || errors || (batch.status === "cancelled" && batch.request_counts?.completed === 0);
  if (any && (output || completed === 0) && (errors || failed === 0)) return true;
  return isOlder(batch.completed_at ?? batch.expired_at ?? batch.cancelled_at, FILES_LATE_S, headers);
}

/** Reason for which the batch ended before its lines did; undefined where it did not. */
function reasonOf(batch: Batch): Error | undefined {
  const { status } = batch;
  if (status === "failed") return failure(batch);
  if (status === "expired" || status === "cancelled") {
    return again("a batch of which every line is done", `one that is ${status}`, `batch_${status}`);
  }
  const hasRows = textIn(batch.output_file_id) !== undefined || textIn(batch.error_file_id) !== undefined;
  return hasRows ? undefined : again("the files of a batch that is completed", "none", "files_missing");
}

/** By the code of the first error alone; its message may quote a line. */
function failure({ errors }: Batch): ProviderError {
  const code = textIn(errors?.data?.[0]?.code);
  if (code === undefined) {
    return new ProviderError(
      "Expected a batch that is done, got one that failed for no stated reason. Try again later.",
      {
        retryable: true,
      },
    );
  }
  if (code === "token_limit_exceeded") {
    return new ProviderError(
      `Expected room for the batch, got none: the account's limit of tokens that wait would be passed (${code}). ` +
        `Send it again when others are done.`,
      { code: "rate_limited", providerCode: code, retryable: true },
    );
  }
  // As the refusal of a request would be judged, with nothing in it but the file.
  return providerError({ status: 400, code: word(code), param: "input_file_id" }, DIALECT);
}

function again(expected: string, got: string, providerCode: string): ProviderError {
  const message = `Expected ${expected}, got ${got}. Send the other lines again.`;
  return new ProviderError(message, { providerCode, retryable: true });
}
