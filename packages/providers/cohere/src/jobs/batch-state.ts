import { countIn } from "@batchwise/adapter-kit";
import { type JobEnding, jobEnding } from "@batchwise/adapter-kit/jobs";
import { type JobState, ProviderError } from "@batchwise/core";
import type { Cohere } from "cohere-ai";
import { OUTPUT_LATE_MS } from "./limits.ts";

/** A batch, any of whose facts may be missing or null. */
export type Batch = { readonly [Name in keyof Cohere.Batch]?: Cohere.Batch[Name] | null };

/** Tells whether a batch has ended. Its output may still be missing. */
export function hasEnded({ status }: Batch): boolean {
  return jobEnding(status) !== undefined;
}

/** State of a batch. @param isOver whether what has not come yet never will */
export function stateOf(batch: Batch, isOver: boolean): JobState {
  const ending = jobEnding(batch.status);
  const answered = countIn(batch.numSuccessfulRecords);
  const done = answered === undefined ? {} : { done: answered + (countIn(batch.numFailedRecords) ?? 0) };
  // Its output is there, or there is none to wait for (P31).
  const missing = missingOutput(batch, ending);
  if (ending === undefined || (missing !== undefined && !isOver)) return { status: "running", ...done };
  const reason = ending === "completed" ? missing : stopped(ending);
  return { status: "ended", ...done, ...(reason === undefined ? {} : { reason }) };
}

/**
 * Tells whether so much time has passed since the batch ended that nothing more will come.
 *
 * @param now the time of day in milliseconds
 * @param endedMs milliseconds since it was first seen to have ended
 */
export function isLate(batch: Batch, now: number, endedMs: number): boolean {
  return endedMs > OUTPUT_LATE_MS || isOlder(batch, OUTPUT_LATE_MS, now);
}

/** Tells whether more than so many milliseconds have passed since a batch last changed, by the time of day. */
export function isOlder({ updatedAt }: Batch, ms: number, now: number): boolean {
  const changedAt = updatedAt instanceof Date ? updatedAt.getTime() : Date.parse(String(updatedAt));
  return now - changedAt > ms;
}

function missingOutput(batch: Batch, ending: JobEnding | undefined): ProviderError | undefined {
  const isThere = typeof batch.outputDatasetId === "string" && batch.outputDatasetId !== "";
  if (isThere || batch.numSuccessfulRecords === 0) return undefined;
  if (ending !== "completed" && typeof batch.numSuccessfulRecords !== "number") return undefined;
  return new ProviderError("Expected the output of a batch that is completed, got none. Send its lines again.", {
    providerCode: "output_missing",
    retryable: true,
  });
}

const HOW = { failed: "failed", expired: "expired", cancelled: "was canceled" } as const;

/** Cohere gives its reason in words, which may quote a line, and no code: trying again is what there is to do. */
function stopped(ending: keyof typeof HOW): ProviderError {
  return new ProviderError(
    `Expected a batch of which all lines are done, got one that ${HOW[ending]}. Send the others again; Cohere's dashboard says why.`,
    { providerCode: `batch_${ending}`, retryable: true },
  );
}
