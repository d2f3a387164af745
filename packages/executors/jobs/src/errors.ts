import { BatchwiseError, codeOf, ProviderError, TimeoutError } from "@batchwise/core";

/**
 * The store cannot be used: another process holds it, it cannot be written, it is damaged, or a newer version wrote it.
 * No job is created that could not be noted down first.
 */
export class JobStoreError extends BatchwiseError {
  static override readonly kind: string = "JobStoreError";
}

/**
 * A job that exists cannot be looked at, or its rows or its id cannot be read. It is paid, and neither forgotten nor created again: the
 * same batch with the same store resumes it. `cause` is the error, whose code and status it has.
 */
export class JobLeftError extends ProviderError {
  static override readonly kind: string = "JobLeftError";
}

/** JobLeftError with another error's facts. @param expected what could not be had */
export function jobLeft(error: Error, expected: string = "the state or the rows of a job that exists"): JobLeftError {
  const facts = ProviderError.isInstance(error) ? error : undefined;
  const { status, providerCode, requestId, retryAfterMs } = facts ?? {};
  const got = status !== undefined ? `status ${status}` : BatchwiseError.isInstance(error) ? error.name : "an error";
  return new JobLeftError(
    `Expected ${expected}, got ${got}, in \`cause\`. The job is kept: run the same batch ` +
      "with the same store later to resume it. Another store pays for it anew.",
    {
      // No input is to blame.
      code: isFatal(error) || isRetryable(error) ? codeOf(error) : "provider_error",
      retryable: false,
      status,
      providerCode,
      requestId,
      retryAfterMs,
      cause: error,
    },
  );
}

/** Error of a job that goes on for longer than any should. */
export function overdue(hours: number): ProviderError {
  return new ProviderError(
    `Expected the job to end within ${hours} hours, got one that goes on. Look for it in the provider's console.`,
    { providerCode: "overdue", retryable: false },
  );
}

/** True where another try may help. Only errors that say so are believed: here a try may be a job that costs money. */
export function isRetryable(error: unknown): boolean {
  return BatchwiseError.isInstance(error) && error.retryable;
}

/** True where no other job can succeed either: the key is refused, or the account's quota is exhausted. */
export function isFatal(error: unknown): boolean {
  return BatchwiseError.isInstance(error) && (error.code === "authentication" || error.code === "quota_exceeded");
}

/** True where the provider does not know the job. */
export function isGone(error: unknown): boolean {
  return ProviderError.isInstance(error) && (error.status === 404 || error.status === 410);
}

/** True where the provider has taken a job, and has not said what its id is. */
export function hasNoId(error: unknown): error is ProviderError {
  return ProviderError.isInstance(error) && error.providerCode === "id_missing";
}

/** True where the provider has no list of jobs. */
export function hasNoList(error: unknown): boolean {
  return ProviderError.isInstance(error) && [404, 405, 501].includes(error.status ?? 0);
}

/** True where a job was refused for lack of capacity, and not for its content. */
export function isOverCapacity(error: unknown): boolean {
  return isRetryable(error) && BatchwiseError.isInstance(error) && error.code === "rate_limited";
}

/** True where a file was refused for its size: one of fewer lines may be taken. */
export function isTooLarge(error: unknown): boolean {
  return ProviderError.isInstance(error) && error.code === "request_too_large";
}

/** Error of an input whose line has no row. */
export function notWorkedOn(reason?: Error): ProviderError {
  return new ProviderError(
    "Expected an answer to this input, got jobs that ended before, or rows that cannot be read, `attempts` times at most. " +
      "Run the batch again, or raise `attempts`.",
    { retryable: true, ...(reason === undefined ? {} : { cause: reason }) },
  );
}

/** Error of an input that is not done after `maxWaitMs`. */
export function timedOut(maxWaitMs: number): TimeoutError {
  return new TimeoutError(
    `Expected the job to end within \`maxWaitMs\` (${maxWaitMs} ms), got one that goes on at the provider. Run the same ` +
      'batch with the same store to resume it, or give `fallback: "live"`.',
  );
}
