import { BatchwiseError, ProviderError, TimeoutError } from "@batchwise/core";

/**
 * The store cannot be used: another process holds it, it cannot be written, it is damaged, or a newer version wrote it.
 * No job is created that it could not note down first.
 */
export class JobStoreError extends BatchwiseError {
  static override readonly kind: string = "JobStoreError";
}

/** Whether another try may help. Only errors that say so are believed: here a try may be a job that is paid. */
export function isRetryable(error: unknown): boolean {
  return BatchwiseError.isInstance(error) && error.retryable;
}

/** Whether no other job can succeed either: the key is refused, or the account's money is spent. */
export function isFatal(error: unknown): boolean {
  return BatchwiseError.isInstance(error) && (error.code === "authentication" || error.code === "quota_exceeded");
}

/** Whether the provider knows nothing of the job. */
export function isGone(error: unknown): boolean {
  return ProviderError.isInstance(error) && error.status === 404;
}

/** Whether a job was turned away for want of room, and not for what is in it. */
export function isForRoom(error: unknown): boolean {
  return isRetryable(error) && BatchwiseError.isInstance(error) && error.code === "rate_limited";
}

/** For an input whose line has no row. */
export function notWorkedOn(reason?: Error): ProviderError {
  return new ProviderError(
    "The job ended before it had worked on this input, `attempts` times at most. Run the batch again, or raise `attempts`.",
    { retryable: true, ...(reason === undefined ? {} : { cause: reason }) },
  );
}

/** For what is not done after `maxWaitMs`. */
export function late(maxWaitMs: number): TimeoutError {
  return new TimeoutError(
    `The job was not done after maxWaitMs (${maxWaitMs} ms). It goes on at the provider: run the same batch with the ` +
      'same store to take it up again, or give `fallback: "live"`.',
  );
}
