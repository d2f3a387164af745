import { type JobState, ProviderError } from "@batchwise/core";
import type { Cohere } from "cohere-ai";
import { OUTPUT_LATE_MS } from "./limits.ts";

/** A batch, any of whose facts may be missing or null. */
export type Batch = { readonly [Name in keyof Cohere.Batch]?: Cohere.Batch[Name] | null };

/** Ends of batches, by their status. Cohere's description and its notebook spell a canceled one each in its own way. */
const ENDINGS: Readonly<Record<string, "completed" | "failed" | "cancelled">> = {
  BATCH_STATUS_COMPLETED: "completed",
  BATCH_STATUS_FAILED: "failed",
  BATCH_STATUS_CANCELED: "cancelled",
  BATCH_STATUS_CANCELLED: "cancelled",
};

/** Tells whether a batch has ended. Its output may still be missing. */
export function hasEnded({ status }: Batch): boolean {
  return Object.hasOwn(ENDINGS, status ?? "");
}

/** State of a batch. @param now the time of day in milliseconds */
export function stateOf(batch: Batch, now: number): JobState {
  const ending = ENDINGS[batch.status ?? ""];
  const { numSuccessfulRecords: answered, numFailedRecords: failed } = batch;
  const done = typeof answered === "number" ? { done: answered + (failed ?? 0) } : {};
  if (ending === undefined || !hasOutput(batch, now)) return { status: "running", ...done };
  const reason = ending === "completed" ? missingOutput(batch) : stopped(ending);
  return { status: "ended", ...done, ...(reason === undefined ? {} : { reason }) };
}

/** Tells whether its output is there, or there is none to wait for (P31). What has not come long after the end never will. */
function hasOutput(batch: Batch, now: number): boolean {
  return missingOutput(batch) === undefined || isLate(batch, now);
}

/** Tells whether so much time has passed since the batch last changed that nothing more will come. */
export function isLate({ updatedAt }: Batch, now: number): boolean {
  const changedAt = updatedAt instanceof Date ? updatedAt.getTime() : Date.parse(String(updatedAt));
  return now - changedAt > OUTPUT_LATE_MS;
}

function missingOutput(batch: Batch): ProviderError | undefined {
  const isThere = typeof batch.outputDatasetId === "string" && batch.outputDatasetId !== "";
  if (isThere || batch.numSuccessfulRecords === 0) return undefined;
  if (ENDINGS[batch.status ?? ""] !== "completed" && typeof batch.numSuccessfulRecords !== "number") return undefined;
  return new ProviderError("Expected the output of a batch that is completed, got none. Send its lines again.", {
    providerCode: "output_missing",
    retryable: true,
  });
}

/** Cohere gives its reason in words, which may quote a line, and no code: trying again is what there is to do. */
function stopped(ending: "failed" | "cancelled"): ProviderError {
  return new ProviderError(
    ending === "failed"
      ? "Expected a batch of which all lines are done, got one that failed. Send the others again; Cohere's dashboard says why."
      : "Expected a batch of which all lines are done, got one that was canceled. Send the others again.",
    { providerCode: `batch_${ending}`, retryable: true },
  );
}
