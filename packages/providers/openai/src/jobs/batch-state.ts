import { type HeadersLike, type JobState, ProviderError, retryAfterMs } from "@batchwise/core";
import { errorOf, word } from "../errors.ts";
import { type Batch, countIn, textIn } from "./batch.ts";
import { FILES_LATE_S } from "./limits.ts";

/** Statuses of a batch that goes on no more. */
const ENDED: ReadonlySet<unknown> = new Set(["completed", "failed", "expired", "cancelled"]);

/** Whether a batch goes on no more. Its files may still be missing. */
export function hasEnded(batch: Batch): boolean {
  return ENDED.has(batch.status);
}

/** How far a batch has come. */
export function stateOf(batch: Batch, headers: HeadersLike): JobState {
  const done = doneIn(batch);
  const facts = done === undefined ? {} : { done };
  if (!hasEnded(batch) || (batch.status !== "failed" && !hasFiles(batch, headers))) {
    const pollAfterMs = retryAfterMs(headers);
    return { status: "running", ...facts, ...(pollAfterMs === undefined ? {} : { pollAfterMs }) };
  }
  const reason = reasonOf(batch);
  return { status: "ended", ...facts, ...(reason === undefined ? {} : { reason }) };
}

function doneIn({ request_counts: counts }: Batch): number | undefined {
  const completed = countIn(counts?.completed);
  return completed === undefined ? undefined : completed + (countIn(counts?.failed) ?? 0);
}

/**
 * Whether all files are there that its counts promise, and one at least (P31). What has not come long after the end
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
  const endedAt = countIn(batch.completed_at ?? batch.expired_at ?? batch.cancelled_at);
  const now = Date.parse(headers.get("date") ?? "") / 1000;
  return endedAt !== undefined && now - endedAt > FILES_LATE_S;
}

/** Why the batch ended before its lines did; undefined where it did not. */
function reasonOf(batch: Batch): Error | undefined {
  if (batch.status === "failed") return failure(batch);
  if (batch.status === "expired" || batch.status === "cancelled") return stopped(batch.status);
  const hasRows = textIn(batch.output_file_id) !== undefined || textIn(batch.error_file_id) !== undefined;
  return hasRows ? undefined : filesMissing();
}

/** By the code of the first error alone; its message may quote a line. */
function failure({ errors }: Batch): ProviderError {
  const code = textIn(errors?.data?.[0]?.code);
  if (code === undefined) {
    return new ProviderError("The batch failed, and the provider does not say why. Try again later.", {
      retryable: true,
    });
  }
  if (code === "token_limit_exceeded") {
    return new ProviderError(
      `The batch would have passed the account's limit of tokens that wait (${code}). Send it again when others are done.`,
      { code: "rate_limited", providerCode: code, retryable: true },
    );
  }
  // As the refusal of a request would be judged, with nothing in it but the file.
  return errorOf({ status: 400, code: word(code), type: undefined, param: "input_file_id", headers: undefined }, {});
}

function stopped(status: "expired" | "cancelled"): ProviderError {
  return new ProviderError(`The batch was ${status} before all of its lines were done. Send the others again.`, {
    providerCode: `batch_${status}`,
    retryable: true,
  });
}

function filesMissing(): ProviderError {
  return new ProviderError("The batch is completed, but its files have not come. Send its lines again.", {
    providerCode: "files_missing",
    retryable: true,
  });
}
